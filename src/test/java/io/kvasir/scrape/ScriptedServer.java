package io.kvasir.scrape;

import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.pool.EndpointSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A server on a real socket that answers each path as a script says, byte for byte. */
final class ScriptedServer implements AutoCloseable {
    /** What follows an answer. */
    enum Then {
        KEEP,
        CLOSE,
        SAY_NO_MORE
    }

    record Answer(List<byte[]> pieces, Then then) {
        static Answer of(String text) {
            return new Answer(List.of(text.getBytes(StandardCharsets.UTF_8)), Then.KEEP);
        }

        /** 200 with that body and its length. */
        static Answer ok(String body) {
            return sized(body, body.getBytes(StandardCharsets.UTF_8).length);
        }

        static Answer sized(String body, int length) {
            return of("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + body);
        }

        static Answer status(int status) {
            return of("HTTP/1.1 " + status + " Whatever\r\ncontent-length: 2\r\n\r\nno");
        }

        Answer then(Then what) {
            return new Answer(pieces, what);
        }
    }

    private final ServerSocket socket;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    /** Heads of requests, whole. */
    final ConcurrentLinkedQueue<String> heads = new ConcurrentLinkedQueue<>();

    volatile Function<String, Answer> script;
    private volatile boolean closed;

    ScriptedServer(Function<String, Answer> script) throws IOException {
        this(0, script);
    }

    ScriptedServer(int port, Function<String, Answer> script) throws IOException {
        this(port, new ServerSocket(), script);
    }

    /** One that speaks TLS with a certificate signed by itself. */
    static ScriptedServer tls(Function<String, Answer> script) throws IOException, GeneralSecurityException {
        var own = SelfSigned.generate(Instant.now());
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate()});
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, new char[0]);
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return new ScriptedServer(0, context.getServerSocketFactory().createServerSocket(), script);
    }

    private ScriptedServer(int port, ServerSocket unbound, Function<String, Answer> script) throws IOException {
        this.script = script;
        socket = unbound;
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    EndpointSpec spec() {
        return EndpointSpec.of("e" + port(), "127.0.0.1", port());
    }

    /** Connections accepted so far. */
    int accepted() {
        return accepted.get();
    }

    /** Connections that are open now. */
    int open() {
        return open.size();
    }

    long asked(String path) {
        return asked.stream().filter(path::equals).count();
    }

    private void accept() {
        try {
            while (true) {
                var connection = socket.accept();
                connection.setTcpNoDelay(true);
                open.add(connection);
                if (closed) {
                    // accepted while the server was closing, maybe after close() had gone through the open ones
                    connection.close();
                    return;
                }
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var out = connection.getOutputStream();
            boolean mute = false;
            for (String head = head(connection.getInputStream());
                    head != null;
                    head = head(connection.getInputStream())) {
                var words = head.split(" ", 3);
                if (words.length < 3) {
                    return;
                }
                String path = words[1];
                heads.add(head);
                asked.add(path);
                var answer = mute ? new Answer(List.of(), Then.SAY_NO_MORE) : script.apply(path);
                for (byte[] piece : answer.pieces()) {
                    out.write(piece);
                    out.flush();
                }
                if (answer.then() == Then.CLOSE) {
                    return;
                }
                mute = answer.then() == Then.SAY_NO_MORE;
            }
        } catch (IOException e) {
            // the other side went
        } finally {
            open.remove(connection);
        }
    }

    private static @Nullable String head(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        int tail = 0;
        while (tail != 0x0d0a0d0a) {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            head.write(b);
            tail = tail << 8 | b;
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    /** Cuts bytes at those places. */
    static List<byte[]> cut(byte[] bytes, int... cuts) {
        var pieces = new ArrayList<byte[]>();
        int from = 0;
        for (int cut : cuts) {
            pieces.add(Arrays.copyOfRange(bytes, from, cut));
            from = cut;
        }
        pieces.add(Arrays.copyOfRange(bytes, from, bytes.length));
        return pieces;
    }

    @Override
    public void close() {
        closed = true;
        try {
            socket.close();
            for (Socket connection : open) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
