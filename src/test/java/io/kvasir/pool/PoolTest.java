package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PoolTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());

    private static EndpointSpec spec(String name, int port) {
        return EndpointSpec.of(name, "10.0.0.1", port);
    }

    private Endpoint at(int port) {
        return Objects.requireNonNull(pool.snapshot().byHostPort("10.0.0.1:" + port));
    }

    @Test
    void anEndpointKeepsItsOrdinalAndBooksWhenItsDescriptionChanges() {
        pool.apply(List.of(spec("a", 1), spec("b", 2)));
        at(2).load().place(100, 10);
        int ordinal = at(2).ordinal();

        pool.apply(List.of(spec("a", 1), spec("renamed", 2)));

        assertThat(at(2).spec().name()).isEqualTo("renamed");
        assertThat(at(2).ordinal()).isEqualTo(ordinal);
        assertThat(at(2).load().promptTokens()).isEqualTo(100);
    }

    private static EngineStats page(int waiting) {
        return EngineStats.at(1)
                .running(0)
                .waiting(waiting)
                .kvUsage(0.5)
                .blocks(16, 100)
                .build();
    }

    @Test
    void whatIsWrittenUnderAnOldDescriptionIsSeenUnderTheNew() {
        pool.apply(List.of(spec("a", 1)));
        var before = at(1);
        pool.apply(List.of(spec("renamed", 1)));
        var after = at(1);

        before.report(page(3));
        before.serves(List.of(new ServedModel("m", null, 4096)));
        before.speaks(EngineProtocol.H2C);
        before.health().connectFailed();
        before.load().place(100, 10);
        before.picks().count(PickReason.BEST_SCORE, 100);

        assertThat(after.replica()).isSameAs(before.replica());
        assertThat(after.stats()).isEqualTo(page(3));
        assertThat(after.load().othersWaiting()).isEqualTo(3);
        assertThat(after.kvTokens()).isEqualTo(1600);
        assertThat(after.maxModelLen("m")).isEqualTo(4096);
        assertThat(after.protocol()).isEqualTo(EngineProtocol.H2C);
        assertThat(after.health().routable()).isFalse();
        assertThat(after.load().requests()).isEqualTo(1);
        assertThat(after.picks().all()).isEqualTo(1);

        before.unreadable("timeout");
        assertThat(after.pageProblem()).isEqualTo("timeout");
        assertThat(after.stats()).as("the last page that came").isEqualTo(page(3));
        assertThat(before.spec().name()).as("descriptions do not change").isEqualTo("a");
    }

    @Test
    void howAnEngineTurnedOutToSpeakCountsWhileItIsDescribedAsItWasThen() {
        pool.apply(List.of(spec("a", 1)));
        at(1).speaks(EngineProtocol.H2C);
        pool.apply(List.of(spec("a", 1).toBuilder().protocol(EngineProtocol.H2C).build()));
        at(1).speaks(EngineProtocol.HTTP);
        assertThat(at(1).protocol()).isEqualTo(EngineProtocol.HTTP);

        pool.apply(List.of(spec("a", 1)));
        assertThat(at(1).protocol()).isEqualTo(EngineProtocol.HTTP);
    }

    @Test
    void whoComesWhereAnotherWasStartsWithNothingAndGetsNothingOfIt() {
        pool.apply(List.of(spec("a", 1)));
        var old = at(1);
        pool.apply(List.of());
        pool.apply(List.of(spec("a", 1)));
        var newcomer = at(1);

        old.report(page(3));
        old.serves(List.of(new ServedModel("m", null, 4096)));
        old.speaks(EngineProtocol.H2C);
        old.health().connectFailed();
        old.load().place(100, 10);

        assertThat(newcomer.ordinal()).isEqualTo(old.ordinal());
        assertThat(newcomer.tenancy()).isGreaterThan(old.tenancy());
        assertThat(newcomer.stats().known()).isFalse();
        assertThat(newcomer.models()).isEmpty();
        assertThat(newcomer.protocol()).isEqualTo(EngineProtocol.HTTP);
        assertThat(newcomer.health().state()).isEqualTo(EndpointHealth.State.UNKNOWN);
        assertThat(newcomer.load().requests()).isZero();
    }

    @Test
    void anOrdinalIsGivenAwayOnlyAfterListenersHeardOfTheRemoval() {
        var heard = new ArrayList<String>();
        pool.listen(new PoolListener() {
            @Override
            public void added(Endpoint endpoint) {
                heard.add("+" + endpoint.spec().name() + endpoint.ordinal());
            }

            @Override
            public void removed(Endpoint endpoint) {
                heard.add("-" + endpoint.spec().name() + endpoint.ordinal());
                assertThat(pool.snapshot().byHostPort(endpoint.hostPort())).isNull();
            }
        });
        pool.apply(List.of(spec("a", 1), spec("b", 2)));

        pool.apply(List.of(spec("b", 2), spec("c", 3)));

        assertThat(heard).containsExactly("+a0", "+b1", "-a0", "+c0");
    }

    @Test
    void aSnapshotDoesNotChangeOnceItIsTaken() {
        pool.apply(List.of(spec("a", 1)));
        var before = pool.snapshot();

        pool.apply(List.of());

        assertThat(before.size()).isEqualTo(1);
        assertThat(pool.snapshot().size()).isZero();
        assertThat(pool.snapshot().version()).isGreaterThan(before.version());
    }

    @Test
    void addressesOfIpv6StandInBrackets() {
        assertThat(EndpointSpec.of("a", "fd00::1", 8000).hostPort()).isEqualTo("[fd00::1]:8000");
    }

    @Test
    void booksThatWereOpenedAndClosedLeaveNothing() {
        var load = new EndpointLoad();
        load.place(1000, 50);
        load.placePrefill(5_000, 1);
        load.place(7, 3);
        load.release(1000, 50);
        load.releasePrefill(5_000, 2);
        load.release(7, 3);

        assertThat(load.requests()).isZero();
        assertThat(load.promptTokens()).isZero();
        assertThat(load.outputTokens()).isZero();
        assertThat(load.prefillNanos()).isZero();
        assertThat(load.prefills()).isZero();
    }
}
