package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkFramingTest {

    /** What was read of a body that came in two pieces. */
    private record Read(String payload, int end, boolean over, boolean broken) {}

    private static Read read(String body, int cut) {
        var framing = new ChunkFraming();
        framing.begin(true);
        var payload = new StringBuilder();
        ChunkFraming.Sink sink = (bytes, index, length) -> payload.append(bytes.toString(index, length, ISO_8859_1));
        var whole = Unpooled.wrappedBuffer(body.getBytes(ISO_8859_1));
        int end = framing.advance(whole, 0, cut, sink);
        if (!framing.isOver()) {
            if (end < cut) {
                framing.rereadLine();
            }
            end = framing.advance(whole, end, body.length(), sink);
        }
        return new Read(payload.toString(), end, framing.isOver(), framing.isBroken());
    }

    @Test
    void contentIsToldAndTheLastChunkIsLeftHoweverTheBodyIsCut() {
        var random = new Random(1);
        for (int i = 0; i < 200; i++) {
            var body = new StringBuilder();
            var content = new StringBuilder();
            for (int chunks = random.nextInt(5); chunks > 0; chunks--) {
                String chunk = "\r\n0x5".repeat(1 + random.nextInt(9));
                String size = Integer.toHexString(chunk.length());
                body.append(random.nextBoolean() ? "00" : "")
                        .append(random.nextBoolean() ? size.toUpperCase(java.util.Locale.ROOT) : size)
                        .append("\r\n")
                        .append(chunk)
                        .append("\r\n");
                content.append(chunk);
            }
            var wanted = new Read(content.toString(), body.length(), true, false);
            for (int cut = 0; cut <= body.length(); cut++) {
                assertThat(read(body + "0\r\n\r\n", cut)).as("cut at %d", cut).isEqualTo(wanted);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5;a=b\r\nhello",
                " 5\r\nhello",
                "5 \r\nhello",
                "5\nhello",
                "\r\n",
                "x",
                "-5\r\n",
                "12345678\r\n",
                "5\rx"
            })
    void whateverIsNotPlainIsLeftFromItsLineOn(String odd) {
        String body = "3\r\nabc\r\n" + odd;
        for (int cut = 0; cut <= body.length(); cut++) {
            assertThat(read(body, cut)).as("cut at %d", cut).isEqualTo(new Read("abc", 8, true, false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3\r\nabc5\r\n", "3\r\nabc\n5", "3\r\nabc\rx"})
    void aChunkThatDoesNotEndAsItShouldIsBroken(String body) {
        for (int cut = 0; cut <= body.length(); cut++) {
            var read = read(body, cut);
            assertThat(read.payload()).isEqualTo("abc");
            assertThat(read.broken()).isTrue();
        }
    }

    @Test
    void nothingIsUnderstoodOfABodyWithoutChunks() {
        var framing = new ChunkFraming();
        framing.begin(false);
        assertThat(framing.betweenChunks()).isFalse();
        assertThat(framing.advance(Unpooled.wrappedBuffer(new byte[] {'5'}), 0, 1, ChunkFraming.NOBODY))
                .isZero();
    }
}
