package io.kvasir.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kvasir.testing.CollectedMetrics;
import io.netty.channel.epoll.Epoll;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TransportChoiceTest {

    private static TransportChoice over(Transport transport, boolean preferred) {
        var loops = transport.loops(1);
        try {
            return TransportChoice.of(loops, preferred);
        } finally {
            var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static void assertShown(TransportChoice choice, String transport, String reason) {
        var metrics = CollectedMetrics.of(choice::describe);
        assertThat(metrics.value("kvasir_transport_info{transport=" + transport + ",reason=" + reason + "}"))
                .isEqualTo(1);
    }

    @Test
    void epollIsWhatIsPreferred() {
        assumeThat(Epoll.isAvailable()).as("epoll can be loaded here").isTrue();
        var choice = over(Transport.EPOLL, true);
        assertThat(choice.warning()).isNull();
        assertShown(choice, "epoll", "preferred");
    }

    @Test
    void aLibraryThatCannotBeLoadedIsWarnedOf() {
        for (var processor : new String[] {"amd64", "aarch64"}) {
            var choice = TransportChoice.without(
                    "Linux", processor, new UnsatisfiedLinkError("ld-linux-x86-64.so.2: no such file"));
            assertThat(choice.warning())
                    .isEqualTo("event loops wait by the JDK's selector, as the library for epoll cannot be loaded:"
                            + " ld-linux-x86-64.so.2: no such file");
            assertShown(choice, "nio", "no-library");
        }
    }

    @Test
    void whereNoLibraryIsMadeForNothingIsWrong() {
        for (var choice : new TransportChoice[] {
            TransportChoice.without("Mac OS X", "aarch64", null), TransportChoice.without("Linux", "riscv64", null)
        }) {
            assertThat(choice.warning()).isNull();
            assertShown(choice, "nio", "no-epoll-here");
        }
    }

    @Test
    void whoSwitchesItOffIsNotWarned() {
        var choice = over(Transport.NIO, false);
        assertThat(choice.warning()).isNull();
        assertShown(choice, "nio", "switched-off");
    }
}
