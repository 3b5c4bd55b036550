package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import io.kvasir.traffic.AppliedRules;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import io.kvasir.traffic.ObjectiveReason;
import io.kvasir.traffic.Objectives;
import io.kvasir.traffic.RewriteReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RouterTrafficTest {
    private final RouterFixture fixture = new RouterFixture(EndpointSpec.of("a", "10.0.0.1", 80));
    private final Router router = fixture.router;

    private void rewrite(String name, List<String> models, String target) {
        router.traffic()
                .replace(ModelRewrites.of(List.of(new ModelRewrite(
                        name,
                        Instant.EPOCH,
                        List.of(new ModelRewrite.Rule(models, List.of(new ModelRewrite.Target(target, 0))))))));
    }

    private Booking booked(String body, RoutingHints hints) {
        return fixture.booked(RouterFixture.body(body), hints);
    }

    private static String model(Booking booking) {
        booking.finish(Outcome.COMPLETED);
        return String.valueOf(booking.request().model());
    }

    @Test
    void aRuleDecidesTheModelOnceForTheWholeRequest() {
        rewrite("canary", List.of("poems"), "poems-v2");

        var booking = booked(
                "{\"model\":\"poems\"}", RoutingHints.builder().rewrite("other").build());

        assertThat(booking.rules().rule()).isEqualTo("canary[0]");
        assertThat(model(booking)).isEqualTo("poems-v2");
        assertThat(router.counts().traffic().rewritten(RewriteReason.RULE)).isEqualTo(1);
        router.counts()
                .traffic()
                .forEachRule((rule, count) -> assertThat(rule + count).isEqualTo("canary[0]1"));
    }

    @Test
    void theHeaderDecidesWhereNoRuleIsForTheRequest() {
        rewrite("canary", List.of("poems"), "poems-v2");

        assertThat(model(booked(
                        "{\"model\":\"prose\"}",
                        RoutingHints.builder().rewrite("other").build())))
                .isEqualTo("other");
        assertThat(model(booked("{\"model\":\"prose\"}", RoutingHints.NONE))).isEqualTo("prose");
        assertThat(router.counts().traffic().rewritten(RewriteReason.HEADER)).isEqualTo(1);
        assertThat(router.counts().traffic().rewritten(RewriteReason.NONE)).isEqualTo(1);
    }

    @Test
    void theRuleIsForThePathsModelToo() {
        rewrite("canary", List.of("poems"), "poems-v2");

        assertThat(model(booked(
                        "{\"messages\":[]}",
                        RoutingHints.builder().pathModel("poems").build())))
                .isEqualTo("poems-v2");
    }

    @Test
    void aGenericRuleNamesTheModelOfABodyThatNamesNone() {
        rewrite("all", List.of(), "base");

        assertThat(model(booked("{\"messages\":[]}", RoutingHints.NONE))).isEqualTo("base");
    }

    @Test
    void apisThatNameNoModelAreLeftAlone() {
        rewrite("all", List.of(), "base");

        var routing =
                fixture.route(Dialect.PASSTHROUGH, RouterFixture.body("{}"), RequestHeaders.NONE, RoutingHints.NONE);

        assertThat(((Routing.Booked) routing).booking().rules()).isSameAs(AppliedRules.NONE);
    }

    @Test
    void aBodyThatIsNotReadKeepsItsModelAndThatIsCounted() {
        rewrite("canary", List.of("poems"), "poems-v2");

        var routing = fixture.route(
                Dialect.PASSTHROUGH,
                RouterFixture.body("--form"),
                RequestHeaders.NONE,
                RoutingHints.builder().pathModel("poems").build());

        assertThat(model(((Routing.Booked) routing).booking())).isEqualTo("poems");
        assertThat(router.counts().traffic().rewritten(RewriteReason.BODY_UNREADABLE))
                .isEqualTo(1);
    }

    @Test
    void theObjectivesPriorityIsCarriedWithTheRequest() {
        router.traffic().replace(Objectives.of(Map.of("batch", -5)));

        for (String name : List.of("batch", "missing")) {
            var routing = fixture.route(
                    Dialect.CHAT_COMPLETIONS,
                    RouterFixture.chat("m", "x"),
                    RequestHeaders.NONE.withObjective(name),
                    RoutingHints.NONE);
            assertThat(((Routing.Booked) routing).booking().rules().priority())
                    .isEqualTo(name.equals("batch") ? -5 : 0);
        }

        assertThat(router.counts().traffic().objective(ObjectiveReason.FOUND)).isEqualTo(1);
        assertThat(router.counts().traffic().objective(ObjectiveReason.UNKNOWN)).isEqualTo(1);
    }

    /** What is not said is priority 0, and told apart from what is. */
    @Test
    void whoNamesNoObjectiveWaitsInTurnWithThoseOfPriorityNoughtAndIsCountedApart() {
        router.traffic().replace(Objectives.of(Map.of("plain", Objectives.DEFAULT_PRIORITY, "chat", 10, "batch", -1)));
        var queue = fixture.queue(FlowSettings.DEFAULT);
        long busy = 3_600_000_000_000L;
        fixture.endpoint("a").load().placePrefill(busy, fixture.clock.get());
        var names = new String[] {"batch", null, "plain", "missing", "chat", null};
        var order = new ArrayList<Integer>();
        for (int i = 0; i < names.length; i++) {
            int number = i;
            fixture.clock.addAndGet(1_000_000);
            var routing = fixture.ask(RequestHeaders.NONE.withObjective(names[i]), new Waiter() {
                @Override
                public void execute(Runnable task) {
                    task.run();
                }

                @Override
                public void decided(Routing.Decided routed) {
                    order.add(number);
                }
            });
            assertThat(routing).isInstanceOf(Waiting.class);
        }

        assertThat(queue.snapshot().bands())
                .extracting(band -> band.priority() + ": " + band.waiting())
                .containsExactly("10: 1", "0: 4", "-1: 1");

        queue.settings(FlowSettings.DEFAULT.toBuilder().strict(true).reserve(0).build());
        fixture.endpoint("a").load().releasePrefill(busy, fixture.clock.get());
        queue.tick();
        // the others once those before them are computed
        for (int i = 0; i < names.length; i++) {
            fixture.clock.addAndGet(1_000_000_000);
            queue.tick();
        }
        assertThat(order).containsExactly(4, 1, 2, 3, 5, 0);
        var counts = router.counts().traffic();
        assertThat(counts.objective(ObjectiveReason.NONE)).isEqualTo(2);
        assertThat(counts.objective(ObjectiveReason.UNKNOWN)).isEqualTo(1);
        assertThat(counts.objective(ObjectiveReason.FOUND)).isEqualTo(3);
    }

    @Test
    void listenersHearOfEveryDecisionWithTheModelThatWasAskedFor() {
        rewrite("canary", List.of("poems"), "poems-v2");
        var heard = new ArrayList<String>();
        router.events().listen(EnumSet.of(RouterEvent.Kind.DECIDED, RouterEvent.Kind.REFUSED), event -> {
            switch (event) {
                case RouterEvent.Decided decided ->
                    heard.add(decided.asked().model() + " " + decided.rules().model() + " "
                            + decided.decision().endpoint().spec().name());
                case RouterEvent.Refused refused ->
                    heard.add(refused.asked().model() + " " + refused.rules().model() + " "
                            + refused.refusal().reason().code());
                default -> throw new AssertionError(event);
            }
        });

        booked("{\"model\":\"poems\"}", RoutingHints.NONE);
        fixture.pool.apply(List.of());
        fixture.route(
                Dialect.CHAT_COMPLETIONS,
                RouterFixture.body("{\"model\":\"poems\"}"),
                RequestHeaders.NONE,
                RoutingHints.NONE);

        assertThat(heard).containsExactly("poems poems-v2 a", "poems poems-v2 " + RefusalReason.POOL_EMPTY.code());
    }

    @Test
    void explanationsShowRuleAndPriority() {
        rewrite("canary", List.of("m"), "m-v2");
        router.traffic().replace(Objectives.of(Map.of("chat", 3)));
        var body = RouterFixture.chat("m", "x");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);

        var explained = router.explain(
                reading, reading.finish().withHeaders(RequestHeaders.NONE.withObjective("chat")), RoutingHints.NONE);
        reading.abandon();

        assertThat(explained.rules())
                .isEqualTo(new AppliedRules("m-v2", RewriteReason.RULE, "canary[0]", ObjectiveReason.FOUND, 3));
        assertThat(router.counts().traffic().rewritten(RewriteReason.RULE)).isZero();
        fixture.assertNothingInFlight();
    }
}
