package io.kvasir.check;

import io.kvasir.pool.ApiKey;
import io.kvasir.schedule.Policy;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What to look at, and how.
 *
 * @param source where endpoints come from
 * @param picker a running picker to look at too; null for none
 * @param timeout of each probe, 50 ms to 1 min
 * @param concurrency endpoints looked at at once, 1 to 256
 * @param policy that {@code serve} would have
 * @param strict whether a warning counts as a problem
 * @param json whether findings are for programs
 * @param triesEvents whether engines that publish KV events are sent a prompt, to see whether they tell of it
 * @param key what engines demand that have no key of their own; null for none
 */
record CheckSettings(
        Source source,
        @Nullable Picker picker,
        Duration timeout,
        int concurrency,
        Policy policy,
        boolean strict,
        boolean json,
        boolean triesEvents,
        @Nullable ApiKey key) {

    /** Where endpoints come from. */
    sealed interface Source {}

    /** An endpoint file. */
    record EndpointList(Path path) implements Source {}

    /**
     * An InferencePool.
     *
     * @param user on whose behalf the cluster is asked; null for one's own
     */
    record Named(
            String namespace,
            String name,
            String group,
            @Nullable String user) implements Source {}

    /**
     * The port of an endpoint picker.
     *
     * @param secure whether its gateway is told to use TLS
     */
    record Picker(String host, int port, boolean secure) {}

    CheckSettings {
        if (timeout.toMillis() < 50 || timeout.toMillis() > 60_000) {
            throw new IllegalArgumentException("timeout: " + timeout.toMillis() / 1000.0 + "; allowed: 0.05 to 60 s");
        }
        if (concurrency < 1 || concurrency > 256) {
            throw new IllegalArgumentException("concurrency: " + concurrency + "; allowed: 1 to 256");
        }
    }
}
