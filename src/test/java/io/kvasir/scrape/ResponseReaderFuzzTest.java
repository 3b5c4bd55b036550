package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.testing.Cuts;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an HTTP answer. */
class ResponseReaderFuzzTest {
    @MethodSource("answers")
    @FuzzTest
    void howAnHttpAnswerIsCutMakesNoDifference(byte[] answer) {
        var whole = answered(answer, Cuts.whole(answer));
        for (int round = 0; round < 3; round++) {
            assertThat(answered(answer, Cuts.of(answer, round))).isEqualTo(whole);
        }
    }

    static Stream<byte[]> answers() {
        return Stream.of(
                        "HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
                        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0B;e=1\r\n, my friend\r\n0\r\nA: b\r\n\r\n",
                        "HTTP/1.0 200 OK\nConnection: keep-alive\n\nuntil the end")
                .map(text -> text.getBytes(ISO_8859_1));
    }

    /** Status, failure, end and body of an answer; nothing of the body where it failed, which may be seen earlier or later. */
    private static String answered(byte[] answer, int[] ends) {
        var body = new StringBuilder();
        var reader = new ResponseReader(bytes -> body.append(bytes.toString(ISO_8859_1)));
        var connection = new EmbeddedChannel(reader.decoder());
        reader.begin(1000);
        int from = 0;
        for (int end : ends) {
            var _ = connection.writeInbound(Unpooled.copiedBuffer(answer, from, end - from));
            from = end;
        }
        boolean done = reader.done();
        var _ = connection.finishAndReleaseAll();
        reader.closed();
        return reader.failure() != null
                ? reader.failure().name()
                : reader.status() + " " + done + " " + reader.done() + " " + body;
    }
}
