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
