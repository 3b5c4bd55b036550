package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.request.StreamedModelEdit.Format;
import io.kvasir.testing.Cuts;
import java.io.ByteArrayOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an answer, in one object or in events. */
class StreamedModelEditFuzzTest {
    static Stream<byte[]> answers() {
        return Stream.of(
                        "{\"id\":\"x\",\"model\":\"a\",\"response\":{\"model\":\"b\"},\"message\":{\"model\":7}} x",
                        "data: {\"model\":\"a\\u00e9\"}\n\ndata: {\"message\":\r\ndata: {\"model\":\"b\"}}\r\n\r\ndata: [DONE]\n\n",
                        ": ping\r\rdata: {\"model\":]\rdata: {\"model\":\"c\"}")
                .map(text -> text.getBytes(UTF_8));
    }

    @MethodSource("answers")
    @FuzzTest
    void howAnAnswerIsCutMakesNoDifferenceToWhatPasses(byte[] body) {
        for (Format format : Format.values()) {
            byte[] whole = edited(format, body, Cuts.whole(body));
            for (int round = 0; round < 3; round++) {
                assertThat(edited(format, body, Cuts.of(body, round)))
                        .as("%s, round %d", format, round)
                        .isEqualTo(whole);
            }
        }
    }

    private static byte[] edited(Format format, byte[] body, int[] ends) {
        var edit = StreamedModelEdit.ofAnswer("mine", format);
        var out = new ByteArrayOutputStream();
        int from = 0;
        for (int i = 0; i < ends.length; i++) {
            byte[] edited = edit.edit(body, from, ends[i] - from, i == ends.length - 1);
            if (edited == null) {
                out.write(body, from, ends[i] - from);
            } else {
                out.writeBytes(edited);
            }
            from = ends[i];
        }
        return out.toByteArray();
    }
}
