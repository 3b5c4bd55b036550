package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static io.kvasir.discovery.kubernetes.Objects.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A whole discovery with a router behind it, in time that the test lets pass. */
class OutageTest {
    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration OUTAGE = Duration.ofMinutes(1);
    private static final Duration SHORT_OUTAGE = Duration.ofMillis(3_500);

    private final SteppedTime time = new SteppedTime();
    private final AtomicReference<Requests> requests = new AtomicReference<>();
    private final Discovering on = new Discovering(
            pool -> {
                requests.set(new Requests(pool));
                return requests.get().traffic();
            },
            time);

    @AfterEach
    void stop() {
        on.close();
    }

    @Test
    void aMinuteWithoutTheServerIsRoutedThroughAndThenCaughtUpWith() {
        on.cluster.put(pool("app: vllm", "{number: 8000}"));
        on.cluster.put(pod("a", "10.0.0.1"));
        on.cluster.put(pod("b", "10.0.0.2"));
        on.cluster.put(yaml("""
                apiVersion: llm-d.ai/v1alpha2
                kind: InferenceModelRewrite
                metadata: {name: canary, namespace: llm}
                spec: {poolRef: {name: pool}, rules: [{targets: [{modelRewrite: v2}]}]}
                """));
        on.start();
        int streams = on.counts().streams().size();

        on.cluster.down();
        var served = new TreeSet<String>();
        for (var passed = Duration.ZERO; passed.compareTo(OUTAGE) < 0; passed = passed.plus(STEP)) {
            await().until(() -> time.asleep(streams));
            var booking = requests.get().routed("m", null);
            assertThat(booking.request().model()).isEqualTo("v2");
            served.add(booking.endpoint().hostPort());
            assertThat(on.discovery.synced()).isTrue();
            time.pass(STEP);
        }
        assertThat(served).containsExactly("10.0.0.1:8000", "10.0.0.2:8000");
        assertThat(on.counts().streams())
                .isNotEmpty()
                .allSatisfy(stream -> assertThat(stream.failures(WatchFailure.UNREACHABLE))
                        .as(stream.kind())
                        .isGreaterThanOrEqualTo(5));

        on.cluster.delete(pod("a", "10.0.0.1"));
        on.cluster.put(pod("c", "10.0.0.3"));
        on.cluster.up();
        await().untilAsserted(() -> {
            time.pass(STEP);
            assertThat(on.addresses()).containsExactlyInAnyOrder("10.0.0.2:8000", "10.0.0.3:8000");
        });
        assertThat(requests.get().routed("m", null).endpoint().hostPort()).isNotEqualTo("10.0.0.1:8000");
    }

    @Test
    void aShortOutageListsNothingAgain() {
        on.cluster.put(pool("app: vllm", "{number: 8000}"));
        on.cluster.put(pod("a", "10.0.0.1"));
        on.start();
        var streams = on.counts().streams();
        var resyncs = streams.stream().map(StreamCounts::resyncs).toList();

        on.cluster.down();
        for (var passed = Duration.ZERO; passed.compareTo(SHORT_OUTAGE) < 0; passed = passed.plus(STEP)) {
            await().until(() -> time.asleep(streams.size()));
            time.pass(STEP);
        }
        // none is between a watch that was refused and the list that tells why
        await().until(() -> time.asleep(streams.size()));
        on.cluster.back();
        await().untilAsserted(() -> {
            time.pass(STEP);
            assertThat(streams).noneMatch(StreamCounts::failing);
        });
        assertThat(streams)
                .allSatisfy(stream -> assertThat(stream.failures(WatchFailure.ENDED))
                        .as(stream.kind())
                        .isZero());
        assertThat(streams.stream().map(StreamCounts::resyncs).toList()).isEqualTo(resyncs);
    }
}
