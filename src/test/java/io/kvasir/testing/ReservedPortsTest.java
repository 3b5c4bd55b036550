package io.kvasir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.BindException;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReservedPortsTest {
    private static void connect(int port) throws Exception {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
    }

    @Test
    void eachIsGivenOnceAndIsOutsideOfWhatTheSystemHandsOut() throws Exception {
        var given = new HashSet<Integer>();
        for (int i = 0; i < 50; i++) {
            int port = ReservedPorts.next();
            assertThat(given.add(port)).isTrue();
            // by this another process sees that it is given
            assertThatThrownBy(() -> new DatagramSocket(port).close()).isInstanceOf(BindException.class);
        }
        try (var any = new ServerSocket(0)) {
            assertThat(given).allMatch(port -> port < any.getLocalPort());
        }
    }

    @Test
    void severalAreSideBySide() {
        for (int i = 0; i < 10; i++) {
            int first = ReservedPorts.next(3);
            assertThat(ReservedPorts.next()).isNotIn(first, first + 1, first + 2);
            for (int port = first; port < first + 3; port++) {
                int given = port;
                assertThatThrownBy(() -> new DatagramSocket(given).close()).isInstanceOf(BindException.class);
            }
        }
    }

    @Test
    void nobodyElseListensAtOneThatIsGivenNotEvenToSeeWhetherItIsFree() throws Exception {
        int port = ReservedPorts.next();
        var over = new AtomicBoolean();
        var other = Thread.startVirtualThread(() -> {
            while (!over.get()) {
                ReservedPorts.take(port);
            }
        });
        try {
            for (int i = 0; i < 1_000; i++) {
                new ServerSocket(port).close();
            }
        } finally {
            over.set(true);
            other.join();
        }
    }

    @Test
    void refusesConnectionsBeforeAndAfterSomebodyListensThere() throws Exception {
        int port = ReservedPorts.next();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);
            try (var server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                connect(port);
                server.accept().close();
            }
        }
        assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);
    }
}
