package io.kvasir.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.ServedModel;
import io.kvasir.pool.ServedModels;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Requests for models that no list names. */
class UnlistedModelTest {
    private static final long SECOND = 1_000_000_000L;

    private final RouterFixture fixture =
            new RouterFixture(EndpointSpec.of("a", "10.0.0.1", 80), EndpointSpec.of("b", "10.0.0.2", 80));
    private final Endpoint a = fixture.endpoint("a");
    private final Endpoint b = fixture.endpoint("b");
    private final List<Runnable> refreshes = new ArrayList<>();
    private final List<Endpoint> reread = new ArrayList<>();
    private boolean readable = true;

    UnlistedModelTest() {
        fixture.router.lists(new ModelLists() {
            @Override
            public boolean refresh(Runnable done) {
                if (readable) {
                    refreshes.add(done);
                }
                return readable;
            }

            @Override
            public void reread(Endpoint endpoint) {
                reread.add(endpoint);
            }
        });
    }

    private void lists(Endpoint endpoint, String... names) {
        endpoint.knowledge()
                .read(new ServedModels(
                        List.of(names).stream()
                                .map(name -> new ServedModel(name, null, 0))
                                .toList(),
                        true,
                        fixture.clock.get()));
    }

    private void takesAdapters(Endpoint endpoint) {
        endpoint.report(EngineStats.at(1)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 100)
                .adapters(4, List.of(), List.of())
                .build());
    }

    private Routing route(String model, @Nullable Waiter waiter) {
        byte[] body = RouterFixture.chat(model, "hi");
        var reading = fixture.router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var request = reading.finish().withHeaders(RequestHeaders.NONE);
        return waiter == null
                ? fixture.router.route(reading, request, RoutingHints.NONE)
                : fixture.router.route(reading, request, RoutingHints.NONE, waiter);
    }

    private Booking booked(String model) {
        var routing = route(model, null);
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    private RefusalReason refused(String model) {
        var routing = route(model, null);
        assertThat(routing).isInstanceOf(Routing.Refused.class);
        return ((Routing.Refused) routing).refusal().reason();
    }

    private static void answer(Booking booking, int status, String body) {
        booking.responseStarted(status);
        var notes = AnswerNotes.of(booking, status);
        if (notes != null) {
            byte[] bytes = body.getBytes(UTF_8);
            notes.feed(bytes, 0, bytes.length);
            notes.end();
        }
        booking.finish(status < 400 ? Outcome.COMPLETED : Outcome.REFUSED_BY_ENGINE);
    }

    @Test
    void aNameThatNobodyListsWaitsForListsAndThenGoesWhereItIsListedNow() {
        lists(a, "base");
        lists(b, "base");

        var waiter = new TestWaiter();
        assertThat(route("fresh", waiter)).isInstanceOf(Waiting.class);
        assertThat(refreshes).hasSize(1);
        fixture.assertNothingInFlight();
        lists(b, "base", "fresh");
        refreshes.getFirst().run();

        var booking = waiter.turn().booking();
        assertThat(booking.endpoint()).isSameAs(b);
        booking.finish(Outcome.COMPLETED);
        assertThat(fixture.router.counts().models(ModelNote.HELD)).isEqualTo(1);
    }

    @Test
    void aListedNameWaitsForNobody() {
        lists(a, "base");
        lists(b, "base");

        assertThat(route("base", new TestWaiter())).isInstanceOf(Routing.Booked.class);
        assertThat(refreshes).isEmpty();
    }

    @Test
    void whereListsAreNewTheAnswerComesAtOnce() {
        lists(a, "base");
        lists(b, "base");
        readable = false;

        assertThat(route("nonsense", new TestWaiter())).isInstanceOf(Routing.Refused.class);
    }

    @Test
    void anEngineThatTakesAdaptersIsAskedAndItsDenialIsRemembered() {
        lists(a, "base");
        lists(b, "other");
        takesAdapters(a);

        var first = booked("adapter");
        assertThat(first.endpoint()).isSameAs(a);
        answer(
                first,
                404,
                "{\"error\":{\"message\":\"The model `adapter` does not exist.\",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}");

        assertThat(refused("adapter")).isEqualTo(RefusalReason.MODEL_UNKNOWN);
        fixture.clock.addAndGet(11 * SECOND);
        booked("adapter").finish(Outcome.COMPLETED);
        assertThat(fixture.router.counts().models(ModelNote.DENIED)).isEqualTo(1);
        assertThat(fixture.router.counts().models(ModelNote.UNLISTED)).isEqualTo(2);
    }

    @Test
    void anAdapterThatAnEngineFoundOnDemandMakesItsListBeReadAgain() {
        lists(a, "base");
        lists(b, "other");
        takesAdapters(a);

        answer(booked("adapter"), 200, "{\"id\":\"x\"}");

        assertThat(reread).containsExactly(a);
    }

    @Test
    void aDenialOfAListedNameMakesTheListBeReadAgain() {
        lists(a, "base", "gone");
        lists(b, "base");

        fixture.clock.addAndGet(1);
        answer(booked("gone"), 404, "{\"object\":\"error\",\"message\":\"The model `gone` does not exist.\"}");

        assertThat(reread).containsExactly(a);
        assertThat(refused("gone")).isEqualTo(RefusalReason.MODEL_UNKNOWN);
        fixture.clock.addAndGet(1);
        lists(a, "base", "gone");
        booked("gone").finish(Outcome.COMPLETED);
    }

    @Test
    void a404OfThePathSaysNothingOfTheModel() {
        a.knowledge().unreadable("unauthorized");
        b.knowledge().unreadable("unauthorized");

        for (int i = 0; i < 4; i++) {
            answer(booked("m"), 404, "{\"detail\":\"Not Found\"}");
        }

        booked("m").finish(Outcome.COMPLETED);
        assertThat(fixture.router.counts().models(ModelNote.DENIED)).isZero();
    }

    @Test
    void endpointsThatToldNothingServeWithOthersOnlyWhereAllServeTheSame() {
        lists(a, "base");

        assertThat(booked("base").decision().candidates()).isEqualTo(2);

        var other = new RouterFixture(
                EndpointSpec.of("a", "10.0.0.1", 80),
                EndpointSpec.of("b", "10.0.0.2", 80),
                EndpointSpec.of("c", "10.0.0.3", 80));
        other.endpoint("a").serves(List.of(new ServedModel("base", null, 0)));
        other.endpoint("b").serves(List.of(new ServedModel("second", null, 0)));
        var booking = other.booked(RouterFixture.chat("base", "hi"), RoutingHints.NONE);
        assertThat(booking.endpoint().spec().name()).isEqualTo("a");
        assertThat(booking.decision().candidates()).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
    }
}
