package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A client that sends what a test says and tells a whole answer from a broken one. */
public final class RawClient implements AutoCloseable {
    final Socket socket;
    private final InputStream in;

    public RawClient(int port) throws IOException {
        this(port, 0);
    }

    /** @param receiveBuffer bytes of the socket's receive buffer, 0 for the system's */
    RawClient(int port, int receiveBuffer) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout(30_000);
        socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new BufferedInputStream(socket.getInputStream());
    }

    /**
     * An answer.
     *
     * @param complete whether it ended as its head said it would
     */
    public record Answer(
            int status, Map<String, String> headers, String body, Map<String, String> trailers, boolean complete) {}

    public RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    public RawClient post(String path, String body, String... headers) throws IOException {
        return send("POST " + path + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
                + body.getBytes(ISO_8859_1).length + "\r\n" + lines(headers) + "\r\n" + body);
    }

    public RawClient get(String path, String... headers) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nhost: x\r\n" + lines(headers) + "\r\n");
    }

    private static String lines(String... headers) {
        var lines = new StringBuilder();
        for (var header : headers) {
            lines.append(header).append("\r\n");
        }
        return lines.toString();
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("closed");
            }
            if (b == '\n') {
                return line.toString(ISO_8859_1).stripTrailing();
            }
            line.write(b);
        }
    }

    private Map<String, String> fields() throws IOException {
        var fields = new LinkedHashMap<String, String>();
        for (var line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip(),
                    (a, b) -> a + "," + b);
        }
        return fields;
    }

    /** The head of an answer, without its body. */
    Answer head() throws IOException {
        var status = line();
        while (status.startsWith("HTTP/1.1 100")) {
            line();
            status = line();
        }
        return new Answer(Integer.parseInt(status.split(" ", -1)[1]), fields(), "", Map.of(), false);
    }

    /** The status of an interim answer. */
    int interim() throws IOException {
        int status = Integer.parseInt(line().split(" ", -1)[1]);
        line();
        return status;
    }

    /** Reads one HTTP chunk's content; empty for the last. */
    String chunk() throws IOException {
        int size = Integer.parseInt(line(), 16);
        var content = new String(in.readNBytes(size), ISO_8859_1);
        if (size > 0) {
            line();
        }
        return content;
    }

    /** A whole answer, or what came of it. */
    public Answer answer() throws IOException {
        return rest(head());
    }

    /** The body to a head already read. */
    Answer rest(Answer head) throws IOException {
        var body = new StringBuilder();
        Map<String, String> trailers = Map.of();
        boolean complete = false;
        try {
            if ("chunked".equals(head.headers().get("transfer-encoding"))) {
                for (var chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
                    body.append(chunk);
                }
                trailers = fields();
                complete = true;
            } else if (head.headers().containsKey("content-length")) {
                int length = Integer.parseInt(head.headers().get("content-length"));
                var bytes = in.readNBytes(length);
                body.append(new String(bytes, ISO_8859_1));
                complete = bytes.length == length;
            } else {
                for (int b = in.read(); b >= 0; b = in.read()) {
                    body.append((char) b);
                }
                complete = true;
            }
        } catch (IOException e) {
            complete = false;
        }
        return new Answer(head.status(), head.headers(), body.toString(), trailers, complete);
    }

    /** Returns when the other side has closed. */
    void awaitClosed() throws IOException {
        try {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (java.net.SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            // a reset will do as well
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
