package io.kvasir.check;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A server that says one thing to whoever comes, and hangs up. */
final class Greeter implements AutoCloseable {
    private final ServerSocket server;
    private final byte[] greeting;

    Greeter(byte[] greeting) throws IOException {
        this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), greeting);
    }

    Greeter(ServerSocket server, byte[] greeting) {
        this.server = server;
        this.greeting = greeting;
        Thread.ofVirtual().start(this::serve);
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(greeting);
                socket.getOutputStream().flush();
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // the one who came did not like it
            }
        }
    }

    int port() {
        return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
