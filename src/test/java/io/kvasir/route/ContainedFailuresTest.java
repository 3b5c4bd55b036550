package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Role;
import io.kvasir.prefix.PrefixView;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Listeners that throw. */
class ContainedFailuresTest {
    private final RouterFixture fixture = new RouterFixture(EndpointSpecs.of("e1", 1, Role.BOTH, "NVIDIA-H200"));

    @Test
    void aListenerToDecisionsThatThrowsLosesNoBooking() {
        fixture.router.events().listen(EnumSet.of(RouterEvent.Kind.DECIDED), _ -> {
            throw new IllegalStateException("a listener that throws");
        });
        for (int i = 0; i < 3; i++) {
            var booking = fixture.booked(RouterFixture.chat("m", "hello"), RoutingHints.NONE);
            assertThat(fixture.endpoint("e1").load().requests()).isEqualTo(1);
            booking.finish(Outcome.COMPLETED);
        }
        fixture.assertNothingInFlight();
        assertThat(fixture.router.listenerFailures()).isEqualTo(3);
        assertThat(fixture.router.counts().ended(Outcome.COMPLETED)).isEqualTo(3);
    }

    @Test
    void aListenerToThePoolThatThrowsKeepsNothingFromTheOthers() {
        fixture.pool.listen(new PoolListener() {
            @Override
            public void added(Endpoint endpoint) {
                throw new IllegalStateException("added");
            }

            @Override
            public void changed(Endpoint before, Endpoint after) {
                throw new IllegalStateException("changed");
            }

            @Override
            public void removed(Endpoint endpoint) {
                throw new IllegalStateException("removed");
            }
        });
        var told = new ArrayList<String>();
        fixture.pool.listen(new PoolListener() {
            @Override
            public void added(Endpoint endpoint) {
                told.add("+" + endpoint.spec().name());
            }

            @Override
            public void changed(Endpoint before, Endpoint after) {
                told.add("=" + after.spec().name());
            }

            @Override
            public void removed(Endpoint endpoint) {
                told.add("-" + endpoint.spec().name());
            }
        });
        fixture.pool.apply(List.of(EndpointSpecs.of("renamed", 1, Role.BOTH, "NVIDIA-H200")));
        fixture.pool.apply(List.of(
                EndpointSpecs.of("e2", 2, Role.BOTH, "NVIDIA-H200"),
                EndpointSpecs.of("e3", 3, Role.BOTH, "NVIDIA-H200")));
        assertThat(told).containsExactly("+e1", "=renamed", "-renamed", "+e2", "+e3");
        assertThat(fixture.pool.snapshot().size()).isEqualTo(2);
        assertThat(fixture.pool.listenerFailures()).isEqualTo(5);
    }

    @Test
    void aViewThatThrowsLeavesNothingBookedAndTheNextRequestIsServed() {
        var broken = new AtomicBoolean(true);
        var view = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, arguments) -> {
                    if (broken.get() && method.getName().equals("routed")) {
                        throw new IllegalStateException("a view that throws");
                    }
                    return method.invoke(fixture.view, arguments);
                });
        var router = fixture.routerOver(view);
        assertThatThrownBy(() -> RouterFixture.route(router, RouterFixture.chat("m", "hello")))
                .hasMessageContaining("a view that throws");
        fixture.assertNothingInFlight();
        broken.set(false);
        assertThat(RouterFixture.route(router, RouterFixture.chat("m", "hello")))
                .isInstanceOf(Routing.Booked.class);
        assertThat(fixture.endpoint("e1").load().requests()).isEqualTo(1);
    }
}
