package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.kvasir.pool.EndpointSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** An endpoint that does to each connection what a test says, byte by byte. */
final class RawUpstream implements AutoCloseable {
    /** What is done to a connection, which is closed after it. */
    interface Script {
        void serve(Peer peer) throws Exception;
    }

    private final ServerSocket server;
    private final Script script;
    private final List<Peer> peers = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();

    RawUpstream(Script script) throws IOException {
        this(0, script);
    }

    RawUpstream(int port, Script script) throws IOException {
        this.script = script;
        server = new ServerSocket(port, 1024, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** A request as it arrived. */
    record Received(String head, String text) {
        boolean has(String header) {
            return head.lines().anyMatch(line -> line.equalsIgnoreCase(header));
        }

        boolean names(String header) {
            return head.lines().anyMatch(line -> line.regionMatches(true, 0, header + ":", 0, header.length() + 1));
        }
    }

    /** One connection. */
    final class Peer {
        final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        /** A permit for each time that a script waits to be told to go on. */
        final Semaphore idle = new Semaphore(0);

        volatile boolean gone;

        private Peer(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            in = socket.getInputStream();
            out = socket.getOutputStream();
        }

        /** Returns when the test has released a permit. */
        void awaitIdle() throws InterruptedException {
            idle.acquire();
        }

        /** Reads one request. */
        Received read() throws IOException {
            var text = readHead();
            int length = text.lines()
                    .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                    .findFirst()
                    .orElse(0);
            var request = new Received(text, new String(in.readNBytes(length), ISO_8859_1));
            received.add(request);
            return request;
        }

        /** Reads the head of a request. */
        String readHead() throws IOException {
            var head = new ByteArrayOutputStream();
            int matched = 0;
            while (matched < 4) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("closed");
                }
                head.write(b);
                matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
            }
            return head.toString(ISO_8859_1);
        }

        void write(String text) throws IOException {
            out.write(text.getBytes(ISO_8859_1));
            out.flush();
        }

        void chunk(String text) throws IOException {
            write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
        }

        /** Answers a request whole. */
        void answer(int status, String json) throws IOException {
            write("HTTP/1.1 " + status + " X\r\ncontent-type: application/json\r\ncontent-length: " + json.length()
                    + "\r\n\r\n" + json);
        }

        void beginStream() throws IOException {
            write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        }

        /** Closes with a reset instead of an end. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** Returns when the other side has closed. */
        void awaitGone() {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // a reset will do as well
            }
            gone = true;
        }
    }

    private void accept() {
        try {
            while (true) {
                var peer = new Peer(server.accept());
                peers.add(peer);
                Thread.ofVirtual().start(() -> serve(peer));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Peer peer) {
        try (peer.socket) {
            script.serve(peer);
        } catch (Exception e) {
            // the connection ends, which is all there is to say
        }
    }

    /** A script that answers every request of a connection the same. */
    static Script answering(int status, String json) {
        return peer -> {
            while (true) {
                peer.read();
                peer.answer(status, json);
            }
        };
    }

    /** The next request that came. */
    Received next() throws InterruptedException {
        var next = received.poll(30, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request came");
        }
        return next;
    }

    int requests() {
        return received.size();
    }

    List<Peer> peers() {
        return peers;
    }

    int port() {
        return server.getLocalPort();
    }

    EndpointSpec spec(String name) {
        return EndpointSpec.of(name, "127.0.0.1", port());
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (var peer : peers) {
            peer.socket.close();
        }
    }
}
