package io.kvasir.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;

/** A client's connection on which any bytes can be said. */
final class RawConnection implements AutoCloseable {
    private static final int BLOCK = 60_000;

    private final Socket socket;

    RawConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
    }

    /** A whole request with a body. */
    static String post(String path, String body, String... headers) {
        var head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n");
        for (var header : headers) {
            head.append(header).append("\r\n");
        }
        return head.append("content-length: ")
                .append(body.length())
                .append("\r\n\r\n")
                .append(body)
                .toString();
    }

    RawConnection say(String text) throws IOException {
        return say(text.getBytes(ISO_8859_1));
    }

    RawConnection say(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Says it, or as much of it as the other side listens to before it closes. */
    RawConnection tellIfHeard(String text) {
        try {
            return say(text);
        } catch (IOException closed) {
            return this;
        }
    }

    /** Says it so many times from a thread of its own, for as long as the other side listens. */
    Thread sayOften(String text, int times) {
        int together = Math.clamp(BLOCK / text.length(), 1, times);
        var bytes = text.repeat(together).getBytes(ISO_8859_1);
        return Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < times / together; i++) {
                    say(bytes);
                }
            } catch (IOException e) {
                // refused or closed, which is as good
            }
        });
    }

    /** Has nothing more to say, and listens on. */
    RawConnection halfClose() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Everything said until that text or the end of the connection, which a reset may be. */
    String hearUntil(String last) throws IOException {
        var heard = new ByteArrayOutputStream();
        var end = last.getBytes(ISO_8859_1);
        try {
            while (true) {
                int b = socket.getInputStream().read();
                if (b < 0) {
                    break;
                }
                heard.write(b);
                if (b == end[end.length - 1] && heard.toString(ISO_8859_1).endsWith(last)) {
                    break;
                }
            }
        } catch (SocketException reset) {
            heard.writeBytes("(reset)".getBytes(ISO_8859_1));
        }
        return heard.toString(ISO_8859_1);
    }

    /** Everything until the connection ends. */
    String hear() throws IOException {
        return hearUntil("\0");
    }

    /** Leaves as a client does that is killed. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
