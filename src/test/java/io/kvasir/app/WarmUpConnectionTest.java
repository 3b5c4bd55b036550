package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Loops;
import io.kvasir.testing.ReservedPorts;
import io.netty.channel.EventLoopGroup;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that is a socket, which says only what a test has it say. */
class WarmUpConnectionTest {
    private static final int PATIENCE_MILLIS = 60_000;
    private static final byte[] RESET = {0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8};
    /** Trailers without an answer; nobody looks at what is in them. */
    private static final byte[] TRAILERS = {0, 0, 0, 1, 5, 0, 0, 0, 1};

    private final EventLoopGroup loops = Loops.of(1);
    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.setSoTimeout(PATIENCE_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private WarmUpConnection connect() {
        return WarmUpConnection.to((InetSocketAddress) server.getLocalSocketAddress(), null, loops);
    }

    private Socket accept() throws IOException {
        var socket = server.accept();
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static boolean result(CompletableFuture<Boolean> call) throws Exception {
        return call.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static void readUntilData(Socket socket) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
        int type;
        do {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            type = in.readUnsignedByte();
            in.skipNBytes(1 + Integer.BYTES + length);
        } while (type != 0);
    }

    @Test
    void aCallThatTheServerResetsIsOver() throws Exception {
        assertOver(RESET);
    }

    @Test
    void aCallThatEndsWithoutAnAnswerIsOver() throws Exception {
        assertOver(TRAILERS);
    }

    private void assertOver(byte[] frame) throws Exception {
        try (var connection = connect();
                var socket = accept()) {
            var call = connection.call(List.of(new byte[1]));
            readUntilData(socket);
            socket.getOutputStream().write(frame);
            assertThat(result(call)).isFalse();
        }
    }

    @Test
    void aCallOnAConnectionThatTheServerClosesIsOver() throws Exception {
        try (var connection = connect()) {
            var call = connection.call(List.of(new byte[1]));
            accept().close();
            assertThat(result(call)).isFalse();
        }
    }

    @Test
    void aCallToAPortThatNobodyListensAtIsOver() throws Exception {
        var gone = new InetSocketAddress(InetAddress.getLoopbackAddress(), ReservedPorts.next());
        try (var connection = WarmUpConnection.to(gone, null, loops)) {
            assertThat(result(connection.call(List.of(new byte[1])))).isFalse();
        }
    }

    @Test
    void aCallThatIsUnderWayEndsWithItsConnection() throws Exception {
        var connection = connect();
        try (var socket = accept()) {
            var call = connection.call(List.of(new byte[1]));
            readUntilData(socket);
            connection.close();
            assertThat(result(call)).isFalse();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void whatIsClosedBeforeItIsOpenDoesNotStayOpen() throws Exception {
        var free = new CountDownLatch(1);
        loops.execute(() -> {
            try {
                free.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var connection = connect();
        connection.close();
        free.countDown();
        try (var socket = accept()) {
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
        assertThat(result(connection.call(List.of(new byte[1])))).isFalse();
    }
}
