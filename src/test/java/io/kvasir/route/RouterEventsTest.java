package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Role;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.RouterEvent.IndexChange;
import io.kvasir.route.RouterEvent.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** What is told of requests, and to whom. */
class RouterEventsTest {
    private static final EnumSet<Kind> ALL = EnumSet.allOf(Kind.class);

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpecs.of("e1", 1, Role.BOTH, "NVIDIA-H200"), EndpointSpecs.of("e2", 2, Role.BOTH, "NVIDIA-H200"));
    private final RouterEvents events = fixture.router.events();

    private Booking booked() {
        return fixture.booked(RouterFixture.chat("m", "hello"), RoutingHints.NONE);
    }

    private Routing refused() {
        return fixture.route(
                Dialect.CHAT_COMPLETIONS,
                RouterFixture.body("{\"model\":\"\\u0007\",\"messages\":[]}"),
                RequestHeaders.NONE,
                RoutingHints.NONE);
    }

    private static List<Kind> kinds(List<RouterEvent> told) {
        return told.stream().map(RouterEvent::kind).toList();
    }

    @Test
    void aRequestIsToldFromItsPlaceToItsEndWithWhatWasExpectedAndWhatHappened() {
        var told = new ArrayList<RouterEvent>();
        events.listen(ALL, told::add);

        var booking = booked();
        fixture.clock.addAndGet(2_000_000_000L);
        booking.firstToken();
        booking.usage(10, 4, 7);
        fixture.clock.addAndGet(1_000_000_000L);
        booking.finish(Outcome.COMPLETED);
        booking.finish(Outcome.CLIENT_GONE);

        assertThat(kinds(told))
                .containsExactly(Kind.PLACED, Kind.INDEX_CHANGED, Kind.DECIDED, Kind.INDEX_CHANGED, Kind.ENDED);
        var placed = (RouterEvent.Placed) told.get(0);
        var decided = (RouterEvent.Decided) told.get(2);
        var ended = (RouterEvent.Ended) told.get(4);
        assertThat(placed.prediction()).isEqualTo(booking.placement().prediction());
        assertThat(decided.id()).isPositive().isEqualTo(placed.id()).isEqualTo(ended.id());
        assertThat(decided.decision().endpoint()).isSameAs(placed.endpoint()).isSameAs(ended.endpoint());
        assertThat(((RouterEvent.IndexChanged) told.get(1)).change()).isEqualTo(IndexChange.ROUTED);
        assertThat(((RouterEvent.IndexChanged) told.get(3)).change()).isEqualTo(IndexChange.FINISHED);
        assertThat(ended.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(ended.prediction()).isEqualTo(placed.prediction());
        assertThat(ended.firstTokenSeconds()).isEqualTo(2);
        assertThat(ended.nanos() - ended.times().decided()).isEqualTo(3_000_000_000L);
        assertThat(ended.usage()).isEqualTo(new RouterEvent.Usage(10, 4, 7));
    }

    @Test
    void onlySamplesOfDecisionsAreExplainedAndOnlyWhileSomebodyWantsThem() {
        var told = new ArrayList<RouterEvent.Decided>();
        events.listen(EnumSet.of(Kind.DECIDED), event -> told.add((RouterEvent.Decided) event));

        booked();
        fixture.router.explanations().every(1_000_000_000L, fixture.router.nanoTime());
        booked();
        booked();
        fixture.clock.addAndGet(1_000_000_000L);
        booked();
        fixture.router.explanations().stop();
        fixture.clock.addAndGet(1_000_000_000L);
        booked();

        assertThat(told)
                .extracting(decided -> decided.explanation() != null)
                .containsExactly(false, true, false, true, false);
        var explanation = Objects.requireNonNull(told.get(1).explanation());
        assertThat(explanation.candidates()).extracting(one -> one.endpoint()).containsExactly("e1", "e2");
        assertThat(explanation.dropped()).isNotEmpty();
        assertThat(explanation.promptTokens()).isEqualTo(told.get(1).routed().promptTokens());
    }

    @Test
    void aRequestThatMovesIsPlacedAgain() {
        var told = new ArrayList<RouterEvent>();
        events.listen(EnumSet.of(Kind.PLACED, Kind.ENDED), told::add);

        var booking = booked();
        var moved = booking.retry(RetryReason.REFUSED);
        booking.finish(Outcome.CLIENT_GONE);

        assertThat(kinds(told)).containsExactly(Kind.PLACED, Kind.PLACED, Kind.ENDED);
        var again = (RouterEvent.Placed) told.get(1);
        assertThat(again.endpoint()).isSameAs(moved);
        assertThat(again.reason()).isEqualTo(PickReason.RETRY);
        var ended = (RouterEvent.Ended) told.get(2);
        assertThat(ended.endpoint()).isSameAs(moved);
        assertThat(ended.firstTokenSeconds()).isNaN();
        assertThat(ended.usage()).isEqualTo(RouterEvent.Usage.UNKNOWN);
    }

    @Test
    void aRefusalIsToldWithItsReason() {
        var told = new ArrayList<RouterEvent>();
        events.listen(ALL, told::add);

        refused();

        assertThat(told)
                .singleElement()
                .isInstanceOfSatisfying(
                        RouterEvent.Refused.class,
                        refused -> assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.MODEL_INVALID));
    }

    @Test
    void eachListenerHearsWhatItListensToWhateverOthersDo() {
        var all = new ArrayList<RouterEvent>();
        var refusals = new ArrayList<RouterEvent>();
        events.listen(ALL, _ -> {
            throw new IllegalStateException("of the test");
        });
        events.listen(EnumSet.of(Kind.REFUSED), refusals::add);
        events.listen(ALL, all::add);

        booked().finish(Outcome.COMPLETED);
        refused();

        assertThat(kinds(refusals)).containsExactly(Kind.REFUSED);
        assertThat(all).hasSize(6);
        assertThat(fixture.router.listenerFailures()).isEqualTo(6);
        fixture.assertNothingInFlight();
    }

    @Test
    void whatNobodyListensToIsNotMade() {
        assertThat(ALL).noneMatch(events::wants);
        assertThat(booked().id()).isZero();

        var told = new ArrayList<RouterEvent>();
        var listening = events.listen(EnumSet.of(Kind.ENDED), told::add);
        var other = events.listen(EnumSet.of(Kind.PLACED), _ -> {});
        assertThat(ALL.stream().filter(events::wants)).containsExactly(Kind.PLACED, Kind.ENDED);
        other.close();
        assertThat(ALL.stream().filter(events::wants)).containsExactly(Kind.ENDED);
        listening.close();
        listening.close();
        assertThat(ALL).noneMatch(events::wants);
        booked().finish(Outcome.COMPLETED);
        assertThat(told).isEmpty();
    }

    @Test
    void aSlowListenerLosesWhatDoesNotFitAndHoldsUpNobody() throws InterruptedException {
        var entered = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var told = new LinkedBlockingQueue<RouterEvent>();
        var queue = events.listenApart("slow", EnumSet.of(Kind.REFUSED), 2, event -> {
            entered.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            told.add(event);
        });
        refused();
        entered.await();

        for (int i = 0; i < 5; i++) {
            refused();
        }

        assertThat(told).isEmpty();
        assertThat(queue.waiting()).isEqualTo(2);
        assertThat(queue.dropped()).isEqualTo(3);
        assertThat(events.queues()).containsExactly(queue);
        goOn.countDown();
        queue.close();
        assertThat(told).hasSize(3);
        assertThat(events.queues()).isEmpty();
        refused();
        assertThat(told).hasSize(3);
    }

    @Test
    void aListenerApartThatThrowsIsToldOn() throws InterruptedException {
        var told = new LinkedBlockingQueue<RouterEvent>();
        var queue = events.listenApart("broken", ALL, 100, event -> {
            told.add(event);
            throw new IllegalStateException("of the test");
        });
        for (int i = 1; i <= 3; i++) {
            refused();
            // one at a time, so that it rests in between
            told.take();
        }
        queue.close();
        assertThat(fixture.router.listenerFailures()).isEqualTo(3);
    }

    @Test
    void manyThreadsAreToldOfWithoutLossWhereThereIsRoom() throws InterruptedException {
        var told = new LinkedBlockingQueue<RouterEvent>();
        var queue = events.listenApart("roomy", EnumSet.of(Kind.REFUSED), 4_000, told::add);
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 1_000; i++) {
                    refused();
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        for (int i = 0; i < 4_000; i++) {
            told.take();
        }
        assertThat(queue.dropped()).isZero();
        queue.close();
        assertThat(told).isEmpty();
    }
}
