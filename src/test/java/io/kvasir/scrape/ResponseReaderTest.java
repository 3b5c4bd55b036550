package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseReaderTest {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final ResponseReader reader = new ResponseReader(bytes -> body.writeBytes(ByteBufUtil.getBytes(bytes)));
    private EmbeddedChannel connection = new EmbeddedChannel();

    private void feed(String text, int... cuts) {
        connection.finishAndReleaseAll();
        connection = new EmbeddedChannel(reader.decoder());
        reader.begin(1000);
        body.reset();
        for (byte[] piece : ScriptedServer.cut(text.getBytes(StandardCharsets.ISO_8859_1), cuts)) {
            // nothing goes on in the pipeline
            assertThat(connection.writeInbound(Unpooled.wrappedBuffer(piece))).isFalse();
        }
    }

    private void close() {
        var _ = connection.close();
        reader.closed();
    }

    private void assertAnswer(String text, int status, String wanted, boolean keepAlive) {
        for (int cut = 0; cut <= text.length(); cut++) {
            feed(text, cut);
            assertOutcome(status, wanted, keepAlive);
        }
        var random = new SplittableRandom(6);
        for (int round = 0; round < 50; round++) {
            feed(
                    text,
                    random.ints(random.nextInt(20), 0, text.length()).sorted().toArray());
            assertOutcome(status, wanted, keepAlive);
        }
    }

    private void assertOutcome(int status, String wanted, boolean keepAlive) {
        assertThat(reader.failure()).isNull();
        assertThat(reader.done()).isTrue();
        assertThat(reader.status()).isEqualTo(status);
        assertThat(body.toString(StandardCharsets.ISO_8859_1)).isEqualTo(wanted);
        assertThat(reader.keepAlive()).isEqualTo(keepAlive);
        assertThat(reader.bodyBytes()).isEqualTo(wanted.length());
    }

    @Test
    void aBodyWithItsLength() {
        assertAnswer("HTTP/1.1 200 OK\r\nServer: x\r\nCONTENT-Length:  5 \r\n\r\nhello", 200, "hello", true);
        assertAnswer("HTTP/1.1 200\ncontent-length:5\n\nhello", 200, "hello", true);
        assertAnswer("HTTP/1.1 503 Not now\r\ncontent-length: 0\r\n\r\n", 503, "", true);
        assertAnswer("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true);
    }

    @Test
    void aBodyInChunks() {
        assertAnswer(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0B;ext=\"1\"\r\n, my friend\r\n0\r\n\r\n",
                200,
                "hello, my friend",
                true);
        assertAnswer(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
                200,
                "x",
                true);
    }

    @Test
    void oddButClearHeadsAreTolerated() {
        assertAnswer("\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx", 200, "x", true);
        assertAnswer("HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: 1\r\n\r\nx", 200, "x", true);
        assertAnswer("HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello", 200, "hello", true);
        assertAnswer("HTTP/1.1 200 OK\r\nx: " + "y".repeat(500) + "\r\ncontent-length: 1\r\n\r\nx", 200, "x", true);
    }

    @Test
    void whatComesOfAConnectionThatIsNoLongerTheLastIsNotHeard() {
        feed("HTTP/1.1 200 OK\r\n\r\nhel");
        var before = connection;
        connection = new EmbeddedChannel(reader.decoder());
        reader.begin(1000);

        var _ = before.writeInbound(Unpooled.copiedBuffer("lo", StandardCharsets.US_ASCII));
        var _ = before.finishAndReleaseAll();

        assertThat(reader.untouched()).isTrue();
        assertThat(reader.done()).isFalse();
        assertThat(reader.failure()).isNull();
    }

    @Test
    void anotherProtocolBehindAnInterimAnswerIsNoAnswer() {
        feed("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nwhat");
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.MALFORMED);
    }

    @Test
    void theConnectionMayOrMayNotGoOn() {
        assertAnswer("HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 1\r\n\r\nx", 200, "x", false);
        assertAnswer("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", 200, "x", false);
        assertAnswer("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 1\r\n\r\nx", 200, "x", true);
    }

    @Test
    void interimAnswersArePassedOver() {
        assertAnswer(
                "HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
                200,
                "x",
                true);
    }

    @Test
    void aBodyWithoutLengthLastsUntilTheConnectionEnds() {
        feed("HTTP/1.1 200 OK\r\n\r\nhello");
        assertThat(reader.done()).isFalse();

        close();

        assertOutcome(200, "hello", false);
    }

    @Test
    void anAnswerThatIsCutIsNoAnswer() {
        String whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        for (int length = 0; length < whole.length(); length++) {
            feed(whole.substring(0, length));
            assertThat(reader.done()).isFalse();
            assertThat(reader.untouched()).isEqualTo(length == 0);
            close();
            assertThat(reader.failure()).isEqualTo(ScrapeFailure.CUT);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/2 200 OK\r\n\r\n",
                "HTTP/2.0 200 OK\r\n\r\n",
                "ICY/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 99 OK\r\n\r\n",
                "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
                "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhello",
                "HTTP/1.1 204 No Content\r\n\r\nx",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
                // legal, but not to Netty
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nmore",
            })
    void nonsenseIsRecognised(String text) {
        for (int cut = 0; cut <= text.length(); cut++) {
            feed(text, cut);
            assertThat(reader.failure()).isEqualTo(ScrapeFailure.MALFORMED);
            assertThat(reader.keepAlive()).isFalse();
        }
    }

    @Test
    void whatIsTooLargeIsCutOff() {
        feed("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n");
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.TOO_LARGE);
        feed("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(1001));
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.TOO_LARGE);
        feed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7FFFFFFF\r\n" + "x".repeat(1001), 500);
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.TOO_LARGE);
        feed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFF\r\n");
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.MALFORMED);
        feed("HTTP/1.1 200 " + "y".repeat(9_000) + "\r\n\r\n", 3_000);
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.MALFORMED);
        feed("HTTP/1.1 200 OK\r\n" + ("x: " + "y".repeat(1_000) + "\r\n").repeat(70));
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.MALFORMED);
    }

    @Test
    void encodingsThatNobodyAskedForAreRefused() {
        feed("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx");
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.ENCODED);
        feed("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n");
        assertThat(reader.failure()).isEqualTo(ScrapeFailure.ENCODED);
        assertAnswer("HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 1\r\n\r\nx", 200, "x", true);
    }

    @Test
    void noBytesMakeItFailInAnyOtherWay() {
        var random = new SplittableRandom(7);
        String text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        for (int round = 0; round < 20_000; round++) {
            var damaged = new StringBuilder(text);
            for (int edit = 0; edit <= random.nextInt(3); edit++) {
                damaged.setCharAt(random.nextInt(text.length()), (char) random.nextInt(256));
            }
            feed(damaged.toString(), random.ints(2, 0, text.length()).sorted().toArray());
            String once = body + " " + reader.failure() + " " + reader.done();
            feed(damaged.toString());
            assertThat(body + " " + reader.failure() + " " + reader.done()).isEqualTo(once);
        }
    }
}
