package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.route.HeldBytes;
import io.kvasir.testing.Await;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class InboundSizeTest {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int END_HEADERS = 4;
    private static final int END_STREAM = 1;
    private static final int FRAME = 16_384;

    private static PickerFixture picker(int most) throws IOException {
        return PickerFixture.start(
                PickerFixture.plaintext().toBuilder().maxMessageBytes(most).build(),
                PickerFixture.specs(PickerFixture.ENDPOINTS));
    }

    private static PickerFixture pickerWithRoomFor(long bytes) throws IOException {
        return PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(PickerFixture.ENDPOINTS), bytes);
    }

    /** HTTP/2 by hand, for a client would not announce what it does not send: two gigabytes less one. */
    private static byte[] partOfAMessage(int bytes, int frame) {
        var out = new ByteArrayOutputStream();
        out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
        frame(out, SETTINGS, 0, 0, new byte[0]);
        var headers = new ByteArrayOutputStream();
        header(headers, ":method", "POST");
        header(headers, ":scheme", "http");
        header(headers, ":path", "/envoy.service.ext_proc.v3.ExternalProcessor/Process");
        header(headers, ":authority", "picker");
        header(headers, "content-type", "application/grpc");
        header(headers, "te", "trailers");
        frame(out, HEADERS, END_HEADERS, 1, headers.toByteArray());
        frame(out, DATA, 0, 1, new byte[] {0, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
        for (int sent = 0; sent < bytes; sent += frame) {
            frame(out, DATA, 0, 1, new byte[frame]);
        }
        return out.toByteArray();
    }

    /** What the stream was told until its end. */
    private static String answer(Socket socket) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        var answer = new StringBuilder();
        boolean end = false;
        while (!end) {
            int lengthAndType = in.readInt();
            int flags = in.readUnsignedByte();
            in.readInt();
            byte[] payload = in.readNBytes(lengthAndType >>> 8);
            int type = lengthAndType & 0xFF;
            answer.append(type == DATA ? new String(payload, ISO_8859_1) : "");
            end = type == HEADERS && (flags & END_STREAM) != 0;
        }
        return answer.toString();
    }

    private static Socket connect(PickerFixture picker) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), picker.server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    @Test
    void aMessageIsRefusedBeforeItIsThere() throws IOException {
        try (var picker = picker(100_000);
                var socket = connect(picker)) {
            socket.getOutputStream().write(partOfAMessage(120_000, FRAME));
            assertThat(answer(socket)).contains("request_too_large");
            Await.await(() -> picker.server.counts().open() == 0);
            assertThat(picker.server.counts().of(StreamEvent.TOO_LONG)).isEqualTo(1);
        }
    }

    @Test
    void aLongMessageThatThereIsNoRoomForIsRefusedBeforeItIsThere() throws IOException {
        try (var picker = pickerWithRoomFor(400_000);
                var socket = connect(picker)) {
            socket.getOutputStream().write(partOfAMessage(450_000, FRAME));
            assertThat(answer(socket)).contains("overloaded").contains("retry-after");
            Await.await(() -> picker.server.counts().open() == 0);
            assertThat(picker.server.counts().of(StreamEvent.CROWDED)).isEqualTo(1);
            Await.await(() -> picker.server.bodyBytes() == 0);
        }
    }

    @Test
    void whatHasArrivedOfAMessageCountsWithWhatItsFramesCostUntilItsStreamEnds() throws IOException {
        try (var picker = pickerWithRoomFor(1 << 30)) {
            for (int frame : new int[] {FRAME, 1}) {
                int bytes = frame * 12;
                try (var socket = connect(picker)) {
                    socket.getOutputStream().write(partOfAMessage(frame == 1 ? 10_000 : bytes, frame));
                    long least = frame == 1 ? 10_000 * 50L : bytes - FRAME;
                    Await.await(() -> picker.server.bodyBytes() >= least);
                }
                Await.await(() -> picker.server.bodyBytes() == 0);
            }
        }
    }

    @Test
    void messagesOfOneByteCostLittleMoreThanTheySayAndComeBackWhole() throws IOException {
        var body = Messages.chat(30_000);
        try (var picker = pickerWithRoomFor(HeldBytes.REQUEST + body.length() * 2)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            for (int i = 0; i < body.length(); i++) {
                call.send(Messages.requestBody(body.substring(i, i + 1), i + 1 == body.length()));
            }
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            var echo = new StringBuilder();
            while (echo.length() < body.length()) {
                echo.append(call.answer()
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getBody()
                        .toStringUtf8());
            }
            assertThat(echo.toString()).isEqualTo(body);
            assertThat(picker.server.counts().of(StreamEvent.DECIDED_EARLY)).isZero();
            call.cancel();
            Await.await(() -> picker.server.bodyBytes() == 0);
        }
    }

    private static void frame(ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
        out.write(payload.length >> 16);
        out.write(payload.length >> 8);
        out.write(payload.length);
        out.write(type);
        out.write(flags);
        out.writeBytes(new byte[] {0, 0, 0, (byte) stream});
        out.writeBytes(payload);
    }

    /** A literal that is not indexed. */
    private static void header(ByteArrayOutputStream out, String name, String value) {
        out.write(0);
        out.write(name.length());
        out.writeBytes(name.getBytes(US_ASCII));
        out.write(value.length());
        out.writeBytes(value.getBytes(US_ASCII));
    }

    @Test
    void manyMessagesOnOneStreamDoNotAddUp() throws IOException {
        try (var picker = picker(100_000)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            String body = Messages.chat(900_000);
            for (int at = 0; at < body.length(); at += 90_000) {
                call.send(Messages.requestBody(body.substring(at, at + 90_000), at + 90_000 == body.length()));
            }
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            assertThat(picker.server.counts().of(StreamEvent.TOO_LONG)).isZero();
            call.cancel();
        }
    }

    @Test
    void anAnswerInOneMessageThatIsTooLongIsNotTheClientsFault() throws IOException {
        try (var picker = picker(100_000)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody("{\"model\":\"m\",\"messages\":[]}", true));
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            assertThat(call.answer().hasRequestBody()).isTrue();
            call.send(Messages.responseHead(200, "application/json"));
            assertThat(call.answer().hasResponseHeaders()).isTrue();
            call.send(Messages.body(Direction.RESPONSE, "x".repeat(200_000), true));
            assertThat(call.answer().getImmediateResponse().getStatus().getCode())
                    .isEqualTo(502);
            assertThat(call.closed().isOk()).isTrue();
            Await.await(() -> picker.server.counts().open() == 0 && picker.inFlight() == 0);
        }
    }
}
