package io.kvasir.discovery.kubernetes;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to discover.
 *
 * @param namespace of pool and pods
 * @param poolName the InferencePool; null to select pods without one
 * @param poolGroup its API group, {@code inference.networking.k8s.io} or {@code inference.networking.x-k8s.io}
 * @param selector of pods, as the API has selectors of labels; empty where there is a pool
 * @param ports of engines on each pod in order of rank, where there is no pool
 * @param window changes within it are taken as one, unless an endpoint left
 * @param times of the streams
 */
public record DiscoverySettings(
        String namespace,
        @Nullable String poolName,
        String poolGroup,
        String selector,
        List<Integer> ports,
        Duration window,
        StreamTimes times) {
    private static final Duration WINDOW = Duration.ofMillis(50);

    public DiscoverySettings {
        ports = List.copyOf(ports);
    }

    /** The pods of a pool. */
    public static DiscoverySettings pool(String namespace, String name, String group) {
        return new DiscoverySettings(namespace, name, group, "", List.of(), WINDOW, StreamTimes.DEFAULT);
    }

    /** Pods by a selector of labels, such as {@code app=vllm,tier!=test,zone in (a,b)}. */
    public static DiscoverySettings pods(String namespace, String selector, List<Integer> ports) {
        return new DiscoverySettings(
                namespace, null, InferencePool.GROUP, selector, ports, WINDOW, StreamTimes.DEFAULT);
    }

    /** With other times of streams. */
    public DiscoverySettings with(StreamTimes times) {
        return new DiscoverySettings(namespace, poolName, poolGroup, selector, ports, window, times);
    }

    /** In words, for log lines. */
    String name() {
        return poolName == null ? "pods " + selector + " in " + namespace : "pool " + namespace + "/" + poolName;
    }
}
