package io.kvasir.observe.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.observe.Findings;
import io.kvasir.observe.ObservedPool;
import io.kvasir.observe.ObservedRouter;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Outcome;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.Routing;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who watches, what they are told, and what is left when they have gone. */
class LiveFeedTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObservedPool shown = new ObservedPool(
            EndpointSpec.builder("a", "10.0.0.1", 1).product("NVIDIA-H200").build(),
            EndpointSpec.builder("b", "10.0.0.1", 2)
                    .product("AMD-Instinct-MI350X")
                    .build());
    private final LiveFeed feed = new LiveFeed(shown.observed, new Findings(shown.observed));

    @AfterEach
    void close() {
        feed.close();
    }

    private Viewer watch() {
        return new Viewer(feed);
    }

    /** Somebody who reads as fast as frames come. */
    private static final class Viewer implements Flow.Subscriber<String> {
        private final List<String> frames = new ArrayList<>();
        private Flow.@Nullable Subscription subscription;
        private boolean over;

        Viewer(LiveFeed feed) {
            feed.watch().orElseThrow().subscribe().withSubscriber(this);
        }

        @Override
        public synchronized void onSubscribe(Flow.Subscription to) {
            subscription = to;
            to.request(Long.MAX_VALUE);
        }

        @Override
        public synchronized void onNext(String frame) {
            frames.add(frame);
        }

        @Override
        public synchronized void onError(Throwable failure) {
            over = true;
        }

        @Override
        public synchronized void onComplete() {
            over = true;
        }

        synchronized int count() {
            return frames.size();
        }

        synchronized List<JsonNode> told() throws Exception {
            var all = new ArrayList<JsonNode>();
            for (String frame : frames) {
                all.add(JSON.readTree(frame));
            }
            return all;
        }

        synchronized boolean over() {
            return over;
        }

        void leave() {
            Objects.requireNonNull(subscription).cancel();
        }
    }

    @Test
    void withoutAViewerNobodyListens() {
        nobodyListens();
    }

    private void nobodyListens() {
        assertThat(shown.router.events().wants(RouterEvent.Kind.DECIDED)).isFalse();
        assertThat(shown.router.explanations().on()).isFalse();
    }

    @Test
    void allWatchTogetherAndNothingIsLeftWhenTheLastHasGone() {
        var one = watch();
        var other = watch();
        await().until(() -> one.count() > 0 && other.count() > 0);
        assertThat(feed.viewers()).isEqualTo(2);
        assertThat(shown.router.events().wants(RouterEvent.Kind.ENDED)).isTrue();

        one.leave();
        assertThat(shown.router.explanations().on()).isTrue();
        other.leave();
        other.leave();
        assertThat(feed.viewers()).isZero();
        nobodyListens();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("live-page")));

        var again = watch();
        await().until(() -> again.count() > 0);
    }

    @Test
    void asManyWatchAsMayAndTheNextIsToldToComeLater() {
        var viewers = new ArrayList<Viewer>();
        for (int i = 0; i < LiveFeed.MOST_VIEWERS; i++) {
            viewers.add(watch());
        }
        assertThat(feed.watch()).isEmpty();
        viewers.getFirst().leave();
        assertThat(feed.watch()).isPresent();
    }

    @Test
    void beforeTheRouterRunsNobodyWatches() {
        var none = new ObservedRouter();
        var early = new LiveFeed(none, new Findings(none));
        assertThat(early.watch()).isEmpty();
        assertThat(early.picture()).isEmpty();
    }

    @Test
    void whoReadsNothingKeepsNoMoreThanTheNewestFrame() {
        var slow = feed.watch().orElseThrow().subscribe().withSubscriber(AssertSubscriber.create(0));
        var fast = watch();
        await().until(() -> fast.count() >= 3);
        slow.request(1);
        await().until(() -> slow.getItems().size() == 1);
        slow.cancel();
        fast.leave();
        assertThat(feed.viewers()).isZero();
    }

    @Test
    void aStopEndsAllStreams() {
        var viewer = watch();
        feed.close();
        assertThat(viewer.over()).isTrue();
        assertThat(feed.viewers()).isZero();
    }

    @Test
    void aFrameTellsOfDecisionsWithTheirExplanationAndEndButNeverOfPrompts() throws Exception {
        var viewer = watch();
        await().until(() -> viewer.count() > 0);
        var booking = shown.booked();
        shown.clock.addAndGet(50_000_000L);
        booking.firstToken();
        booking.usage(12, 4, 7);
        shown.clock.addAndGet(1_000_000_000L);
        booking.finish(Outcome.COMPLETED);
        int seen = viewer.count();
        await().until(() -> viewer.count() >= seen + 2);
        viewer.leave();

        var decisions = viewer.told().stream()
                .flatMap(frame -> frame.path("decisions").valueStream())
                .toList();
        assertThat(decisions).hasSize(1);
        var story = decisions.getFirst();
        assertThat(story.path("endpoint").asText()).isIn("a", "b");
        assertThat(story.path("table")).hasSize(2);
        assertThat(story.path("expected").path("prefill").asDouble()).isPositive();
        var ends = viewer.told().stream()
                .flatMap(frame -> frame.path("ends").valueStream())
                .toList();
        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().path("firstToken").asDouble()).isEqualTo(0.05);
        assertThat(ends.getFirst().path("outcome").asText()).isEqualTo("completed");
        assertThat(ends.getFirst().path("cachedTokens").asInt()).isEqualTo(4);
        assertThat(viewer.told().toString()).doesNotContain("secret");
        assertThat(viewer.told().getLast().path("endpoints")).hasSize(2);
        assertThat(viewer.told().getLast().path("classes")).hasSize(2);
    }

    @Test
    void slosAreCountedByClass() throws Exception {
        var viewer = watch();
        await().until(() -> viewer.count() > 0);
        for (int i = 0; i < 2; i++) {
            var routed = shown.route(RequestHeaders.NONE.withSlo(0.2, Double.NaN));
            var booking = ((Routing.Booked) routed).booking();
            shown.clock.addAndGet(i == 0 ? 100_000_000L : 300_000_000L);
            booking.firstToken();
            booking.finish(Outcome.COMPLETED);
        }
        int seen = viewer.count();
        await().until(() -> viewer.count() >= seen + 2);
        viewer.leave();
        long told = 0;
        long met = 0;
        for (var one : viewer.told().getLast().path("classes")) {
            told += one.path("slo").path("told").asLong();
            met += one.path("slo").path("met").asLong();
        }
        assertThat(told).isEqualTo(2);
        assertThat(met).isEqualTo(1);
    }

    @Test
    void aReplicaThatLeftIsShownToDrainUntilItsRequestsHaveEnded() throws Exception {
        var viewer = watch();
        await().until(() -> viewer.count() > 0);
        var booking = shown.booked();
        String name = booking.endpoint().spec().name();
        shown.pool.apply(List.of());
        await().untilAsserted(() -> {
            var draining = viewer.told().getLast().path("draining");
            assertThat(draining).hasSize(1);
            assertThat(draining.path(0).path("name").asText()).isEqualTo(name);
            assertThat(draining.path(0).path("inFlight").asInt()).isEqualTo(1);
        });
        booking.finish(Outcome.COMPLETED);
        await().untilAsserted(() ->
                assertThat(viewer.told().getLast().path("draining")).isEmpty());
        viewer.leave();
    }

    @Test
    void aFrameTellsWhatClassesAreGivenAndCanDoAndWhatWasExpectedInCachesAndFound() throws Exception {
        var viewer = watch();
        await().until(() -> viewer.count() > 0);
        var booking = shown.booked();
        shown.clock.addAndGet(100_000_000L);
        booking.firstToken();
        shown.clock.addAndGet(20_000_000L);
        booking.tokens(1);
        booking.usage(1_000, 250, 2);
        booking.finish(Outcome.COMPLETED);
        String hardware = booking.endpoint().hardware().name();
        await().untilAsserted(() -> {
            long prompt = 0;
            long found = 0;
            for (var frame : viewer.told()) {
                prompt += frame.path("flow").path("prompt").asLong();
                found += frame.path("flow").path("found").asLong();
            }
            assertThat(prompt).isEqualTo(1_000);
            assertThat(found).isEqualTo(250);
            double capacity = 0;
            for (var one : viewer.told().getLast().path("classes")) {
                capacity += one.path("capacity").asDouble();
                boolean chosen = one.path("name").asText().equals(hardware);
                assertThat(one.path("traffic").asDouble()).isEqualTo(chosen ? 1 : 0);
                assertThat(one.path("ttft50").isNull()).isEqualTo(!chosen);
                var rates = one.path("rates").path(0);
                assertThat(rates.path("prefillBelieved").asDouble()).isPositive();
                assertThat(rates.path("prefillLearned").asDouble()).isPositive();
            }
            assertThat(capacity).isCloseTo(1, within(0.01));
        });
        viewer.leave();
    }

    @Test
    void thePictureDescribesThePool() throws Exception {
        var picture = JSON.readTree(feed.picture().orElseThrow());
        assertThat(picture.path("endpoints")).hasSize(2);
        assertThat(picture.path("endpoints").get(0).path("class").asText()).isEqualTo("h200");
        assertThat(picture.path("demo").asBoolean()).isFalse();
    }
}
