package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.request.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When requests are held, and what lets them go. */
class HoldingTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");
    private static final EndpointSpec B = FlowFixture.gpu("b", 2, "NVIDIA-H100");
    private static final EndpointSpec SLICE = FlowFixture.gpu("s", 3, "NVIDIA-H100").toBuilder()
            .maxModelLen(4_096)
            .build();

    private final FlowFixture fixture = new FlowFixture(FlowSettings.DEFAULT, A, B);
    private final FlowControl flow = fixture.flow;

    private Asked asked() {
        return Asked.of(fixture, "t", 1_000, 10);
    }

    private static EngineStats page(FlowFixture fixture, int running, int waiting, double kv) {
        return EngineStats.at(fixture.clock.get())
                .running(running)
                .waiting(waiting)
                .kvUsage(kv)
                .blocks(16, 10_000)
                .build();
    }

    @Test
    void whomSomebodyWouldStartSoonIsLetIn() {
        fixture.busy("a", 5);

        assertThat(flow.admit(asked())).isInstanceOf(Verdict.Admitted.class);
        assertThat(fixture.band(0).letIn()).isEqualTo(1);
    }

    @Test
    void whomNobodyWouldStartSoonWaitsUntilSomebodyWould() {
        fixture.busy("a", 5);
        fixture.busy("b", 5);

        var asked = asked();
        assertThat(flow.admit(asked)).isInstanceOf(Verdict.Held.class);
        assertThat(flow.snapshot().waiting()).isEqualTo(1);
        assertThat(asked.ticket().end()).isNull();

        fixture.idle("b", 5);
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
        assertThat(flow.snapshot().waiting()).isZero();
    }

    @Test
    void timeThatPassesLetsGoWithoutAWord() {
        fixture.busy("a", 5);
        fixture.busy("b", 2);

        var asked = asked();
        flow.admit(asked);
        fixture.pass(1.4);
        assertThat(asked.ticket().end()).isNull();
        fixture.pass(0.2);
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void whatTheGatewayDoesNotAllowIsNoRoom() {
        fixture.busy("a", 5);

        var asked = asked().allowed("10.0.0.1:80");
        assertThat(flow.admit(asked)).isInstanceOf(Verdict.Held.class);
        flow.tick();
        assertThat(asked.ticket().end()).isNull();
        fixture.idle("a", 5);
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void longPromptsWaitForLargeEndpointsAndShortOnesPassThem() {
        var mixed = new FlowFixture(FlowSettings.DEFAULT, A, SLICE);
        mixed.busy("a", 5);

        var longOne = Asked.of(mixed, "t", 20_000, 10);
        assertThat(mixed.flow.admit(longOne)).isInstanceOf(Verdict.Held.class);
        var shortOne = Asked.of(mixed, "t", 500, 10);
        mixed.flow.admit(shortOne);

        assertThat(shortOne.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
        assertThat(longOne.ticket().end()).isNull();
        mixed.idle("a", 5);
        assertThat(longOne.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void anOldPageNeitherHaltsNorMakesIdle() {
        fixture.endpoint("a").report(page(fixture, 30, 50, 0.99));
        fixture.busy("b", 5);
        assertThat(flow.admit(asked())).isInstanceOf(Verdict.Held.class);

        fixture.pass(3);
        // the page is too old to count, and our books of b are not
        assertThat(flow.snapshot().waiting()).isZero();
        fixture.busy("a", 5);
        fixture.pass(0);
        var busy = asked();
        assertThat(flow.admit(busy)).isInstanceOf(Verdict.Held.class);
    }

    @Test
    void anEngineThatSaysThatOthersWaitThereHasNoRoom() {
        fixture.busy("b", 5);
        fixture.endpoint("a").report(page(fixture, 30, 50, 0.5));

        assertThat(flow.admit(asked())).isInstanceOf(Verdict.Held.class);
    }

    @Test
    void whoSaysThatItIsTooBusyIsBelievedWhileSomethingIsThere() {
        for (String name : List.of("a", "b")) {
            fixture.endpoint(name).health().pressed(0, fixture.clock.get());
        }
        assertThat(flow.admit(asked())).isInstanceOf(Verdict.Admitted.class);

        fixture.endpoint("a").load().place(100, 10);
        fixture.endpoint("b").report(page(fixture, 1, 0, 0.1));
        var asked = asked();
        assertThat(flow.admit(asked)).isInstanceOf(Verdict.Held.class);
        fixture.pass(1.1);
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void whereNoBlocksAreFreeNothingIsStarted() {
        var small = A.toBuilder().kvTokens(20_000).build();
        var one = new FlowFixture(FlowSettings.DEFAULT, small);
        one.endpoint("a").load().place(10_000, 9_000);

        var asked = Asked.of(one, "t", 5_000, 1_000);
        assertThat(one.flow.admit(asked)).isInstanceOf(Verdict.Held.class);
        one.endpoint("a").load().release(10_000, 9_000);
        one.flow.freed(one.endpoint("a"));
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void booksThatCountSharedPromptsTwiceAreNotBelievedAgainstAPage() {
        var one = new FlowFixture(
                FlowSettings.DEFAULT, A.toBuilder().kvTokens(20_000).build());
        one.endpoint("a").load().place(10_000, 9_000);
        one.endpoint("a").report(page(one, 2, 0, 0.4));

        assertThat(one.flow.admit(Asked.of(one, "t", 5_000, 1_000))).isInstanceOf(Verdict.Admitted.class);
    }

    @Test
    void whoCannotWaitIsLetInUnlessNobodyHasToServeIt() {
        fixture.busy("a", 5);
        fixture.busy("b", 5);

        assertThat(flow.admit(asked().cannotWait())).isInstanceOf(Verdict.Admitted.class);
        assertThat(flow.admit(asked().priority(-1).cannotWait()))
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused -> assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.SATURATED));
    }

    @Test
    void anEmptyPoolIsWaitedForLongerAndFillsAgain() {
        var settings = FlowSettings.DEFAULT;
        fixture.pool.apply(List.of());
        var early = asked();
        flow.admit(early);
        fixture.pass(settings.noEndpointSeconds() - 1);
        var late = asked();
        flow.admit(late);
        assertThat(early.ticket().end()).isNull();
        assertThat(flow.snapshot().noEndpoint()).isTrue();

        fixture.pass(1.1);
        assertThat(early.ticket().end())
                .isInstanceOfSatisfying(
                        Ticket.End.Refused.class,
                        end -> assertThat(end.refusal().reason()).isEqualTo(RefusalReason.POOL_EMPTY));
        fixture.pool.apply(List.of(A));
        assertThat(late.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
        assertThat(fixture.band(0).noEndpoint()).isEqualTo(1);
    }

    @Test
    void whoMayBeServedByNobodyLeftIsLetGoToHearWhy() {
        fixture.busy("a", 5);
        var asked = asked().allowed("10.0.0.1:80");
        flow.admit(asked);

        fixture.pool.apply(List.of(B));
        fixture.pass(0.1);

        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void whatIsLetGoCountsBeforeItIsBooked() {
        fixture.busy("a", 5);
        fixture.busy("b", 5);
        var asked = new Asked[100];
        for (int i = 0; i < asked.length; i++) {
            asked[i] = Asked.of(fixture, "t", 4_000, 10);
            flow.admit(asked[i]);
        }

        fixture.idle("b", 5);

        double each = fixture.seconds(fixture.endpoint("b"), 4_000);
        int most = (int) Math.ceil(FlowSettings.DEFAULT.holdSeconds() / each);
        assertThat(asked).filteredOn(one -> one.ticket().end() != null).hasSize(most);
    }

    @Test
    void aProgramThatStopsSaysSo() {
        fixture.busy("a", 5);
        fixture.busy("b", 5);
        var asked = asked();
        flow.admit(asked);

        flow.stop();

        assertThat(asked.ticket().end())
                .isInstanceOfSatisfying(
                        Ticket.End.Refused.class,
                        end -> assertThat(end.refusal().reason()).isEqualTo(RefusalReason.SHUTTING_DOWN));
        assertThat(flow.admit(asked())).isInstanceOf(Verdict.Admitted.class);
    }
}
