package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import java.net.BindException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Faults that a visitor of the demo switches on. */
class DemoResourceTest {
    private static DemoResource of(@Nullable DemoPool pool) {
        return new DemoResource(new RunningServer() {
            @Override
            @Nullable
            DemoPool demo() {
                return pool;
            }
        });
    }

    private static DemoResource.Wish wish(@Nullable String replica, @Nullable String fault) {
        return new DemoResource.Wish(replica, fault);
    }

    @Test
    void withoutADemoThereIsNothing() {
        var none = of(null);
        assertThatExceptionOfType(NotFoundException.class).isThrownBy(none::state);
        assertThatExceptionOfType(NotFoundException.class).isThrownBy(() -> none.change(wish("h200-0", "dead")));
    }

    @Test
    void aFaultIsSwitchedOnAndOffAndShownToAll() throws BindException {
        try (var pool = DemoPool.start(1)) {
            var resource = of(pool);
            assertThat(resource.state().replicas())
                    .hasSize(6)
                    .allMatch(one -> one.fault().equals("none"));
            assertThat(resource.state().faults())
                    .extracting(DemoResource.Kind::name)
                    .containsExactly("none", "slow", "restart", "dead", "stuck", "stale");

            for (var fault : resource.state().faults()) {
                assertThat(resource.change(wish("h200-1", fault.name())).said()).startsWith("h200-1");
                assertThat(resource.state().replicas())
                        .contains(new DemoResource.Replica("h200-1", fault.name()))
                        .contains(new DemoResource.Replica("h200-0", "none"));
            }
            assertThat(resource.change(wish("h200-1", "none")).said()).isEqualTo("h200-1 is well again.");
        }
    }

    @ParameterizedTest
    @CsvSource(nullValues = "null", delimiter = '|', textBlock = """
            nobody | dead     | there is no such replica; allowed: h200-0, h200-1
            null   | dead     | there is no such replica
            h200-0 | brick    | there is no such fault; allowed: none, slow, restart, dead, stuck, stale
            h200-0 | null     | there is no such fault
            """)
    void nonsenseIsRefusedWithWhatIsAllowed(@Nullable String replica, @Nullable String fault, String said)
            throws BindException {
        try (var pool = DemoPool.start(1)) {
            var resource = of(pool);
            assertThatExceptionOfType(WebApplicationException.class)
                    .isThrownBy(() -> resource.change(wish(replica, fault)))
                    .satisfies(refused -> {
                        assertThat(refused.getResponse().getStatus()).isEqualTo(400);
                        assertThat(refused.getResponse().getEntity().toString()).startsWith(said);
                    });
            assertThatExceptionOfType(WebApplicationException.class)
                    .isThrownBy(() -> resource.change(null))
                    .satisfies(refused ->
                            assertThat(refused.getResponse().getStatus()).isEqualTo(400));
        }
    }
}
