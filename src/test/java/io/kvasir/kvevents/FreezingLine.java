package io.kvasir.kvevents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A way to a port of this machine that can freeze: connections are accepted and stay open, and nothing passes, as where the
 * process behind it hangs, until it thaws.
 */
final class FreezingLine implements AutoCloseable {
    private final ServerSocket server;
    private final int to;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private boolean frozen;
    private int passed;

    FreezingLine(int to) {
        this.to = to;
        try {
            server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    synchronized void freeze() {
        frozen = true;
    }

    synchronized void thaw() {
        frozen = false;
        notifyAll();
    }

    /** Pieces that have passed, either way. */
    synchronized int passed() {
        return passed;
    }

    private synchronized void pass() throws InterruptedException {
        while (frozen) {
            wait();
        }
        passed++;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var near = server.accept();
                var far = new Socket(InetAddress.getLoopbackAddress(), to);
                open.add(near);
                open.add(far);
                Thread.startVirtualThread(() -> pump(near, far));
                Thread.startVirtualThread(() -> pump(far, near));
            } catch (IOException e) {
                // nobody there, or closed
            }
        }
    }

    private void pump(Socket from, Socket into) {
        byte[] some = new byte[8_192];
        try (from;
                into) {
            var in = from.getInputStream();
            var out = into.getOutputStream();
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                pass();
                out.write(some, 0, n);
            }
            pass();
        } catch (IOException e) {
            // the other side is gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(from);
            open.remove(into);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        thaw();
        for (Socket each : open) {
            each.close();
        }
    }
}
