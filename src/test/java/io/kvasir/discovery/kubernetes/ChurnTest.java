package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.annotated;
import static io.kvasir.discovery.kubernetes.Objects.labelled;
import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static io.kvasir.discovery.kubernetes.Objects.unready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many pods that change all the time. */
class ChurnTest {
    private static final int PODS = 1_000;

    private final Discovering on = new Discovering();
    private final TestCluster cluster = on.cluster;

    @AfterEach
    void stop() {
        on.close();
    }

    private static Pod numbered(String version, int i) {
        return pod(version + "-" + i, "10." + version.charAt(1) + "." + i / 250 + "." + (1 + i % 250));
    }

    @Test
    void aRollingUpdateOfAThousandPodsNeverLeavesFewerThanItsBudget() {
        int atOnce = 100;
        cluster.put(pool("app: vllm", "{number: 8000}"));
        for (int i = 0; i < PODS; i++) {
            cluster.put(numbered("v1", i));
        }
        on.start();
        assertThat(on.pool.snapshot().size()).isEqualTo(PODS);
        var fewest = new AtomicInteger(PODS);
        on.pool.listen(new PoolListener() {
            @Override
            public void removed(Endpoint endpoint) {
                fewest.accumulateAndGet(on.pool.snapshot().size(), Math::min);
            }
        });
        var addresses = new TreeSet<String>();
        for (int i = 0; i < PODS; i += atOnce) {
            for (int j = i; j < i + atOnce; j++) {
                cluster.put(unready(numbered("v1", j)));
            }
            for (int j = i; j < i + atOnce; j++) {
                cluster.delete(numbered("v1", j));
                var replacement = numbered("v2", j);
                cluster.put(unready(replacement));
                cluster.put(replacement);
                addresses.add(replacement.getStatus().getPodIP() + ":8000");
            }
            var sofar = List.copyOf(addresses);
            await().untilAsserted(() -> assertThat(on.addresses()).containsAll(sofar));
        }
        on.expect(addresses.toArray(String[]::new));
        assertThat(fewest.get()).isGreaterThanOrEqualTo(PODS - atOnce);
        assertThat(on.counts().stream("pods").resyncs()).isEqualTo(1);
        assertThat(on.counts().stream("pods").failures(WatchFailure.UNREACHABLE))
                .isZero();
    }

    @Test
    void whateverHappensInWhateverOrderTheEndpointsAreThoseOfThePodsInTheEnd() {
        var random = new SplittableRandom(20);
        var pods = new TreeMap<Integer, Pod>();
        int port = 8000;
        cluster.put(pool("app: vllm", "{number: 8000}"));
        on.start();
        for (int step = 1; step <= 600; step++) {
            int i = random.nextInt(40);
            var pod = numbered("v1", i);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> pods.put(i, pod);
                case 3 -> pods.put(i, unready(pod));
                case 4 -> pods.put(i, labelled(pod, "app", "other"));
                case 5 -> pods.put(i, annotated(pod, PodFacts.ACTIVE_PORTS, "8001"));
                case 6 -> pods.remove(i);
                default -> {
                    port = 8000 + random.nextInt(2);
                    cluster.put(pool("app: vllm", "{number: " + port + "}"));
                }
            }
            if (pods.containsKey(i)) {
                cluster.put(pods.get(i));
            } else {
                cluster.delete(pod);
            }
            if (step % 150 == 50) {
                cluster.down();
            } else if (step % 150 == 0) {
                cluster.up();
                on.expect(endpoints(pods, port));
                on.watching();
            }
        }
    }

    /** What the list must be, thought out again. */
    private static String[] endpoints(Map<Integer, Pod> pods, int port) {
        var endpoints = new ArrayList<String>();
        for (Pod pod : pods.values()) {
            var facts = PodFacts.of(pod);
            if (facts.ready()
                    && "vllm".equals(facts.labels().get("app"))
                    && facts.annotations()
                            .getOrDefault(PodFacts.ACTIVE_PORTS, "" + port)
                            .equals("" + port)) {
                endpoints.add(facts.address() + ":" + port);
            }
        }
        return endpoints.toArray(String[]::new);
    }
}
