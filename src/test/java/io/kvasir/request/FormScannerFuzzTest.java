package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.testing.Cuts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an uploaded form. */
class FormScannerFuzzTest {
    private static final BodyFormat FORM =
            BodyFormat.of(Dialect.MODEL_ONLY, "multipart/form-data; boundary=\"b\"; charset=utf-8");
    private static final String FIELD = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nw-1\r\n";
    private static final String FILE =
            "--b\r\ncontent-disposition: form-data; name=file; filename=\"model\"\r\n\r\n\r\n--bb\r--b\r\n\r\n";

    static Stream<byte[]> forms() {
        return Stream.of(
                        FIELD + FILE + "--b--\r\n", FILE + FIELD + FIELD + "--b--", "preamble\r\n" + FILE + "--b--\r\n")
                .map(text -> text.getBytes(UTF_8));
    }

    @MethodSource("forms")
    @FuzzTest
    void howAFormIsCutMakesNoDifferenceToWhatIsRead(byte[] body) {
        var whole = request(body, Cuts.whole(body));
        for (int round = 0; round < 3; round++) {
            assertThat(request(body, Cuts.of(body, round))).isEqualTo(whole);
        }
    }

    @MethodSource("forms")
    @FuzzTest
    void anEditedFormNamesTheModelThatWasSet(byte[] body) {
        var request = request(body, Cuts.whole(body));
        if (request.opaque()) {
            return;
        }
        var edit = BodyEdits.model(request, "mine");

        var out = new ByteArrayOutputStream();
        for (var piece : edit.apply(List.of(ByteBuffer.wrap(body)))) {
            out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }

        byte[] edited = out.toByteArray();
        assertThat((long) edited.length).isEqualTo(edit.lengthAfter(body.length));
        assertThat(request(edited, Cuts.of(edited, 1)).model()).isEqualTo("mine");
    }

    private static Request request(byte[] body, int[] ends) {
        var scanner = new BodyScanner();
        scanner.reset(FORM, PromptSink.NONE);
        int from = 0;
        for (int end : ends) {
            scanner.feed(body, from, end - from);
            from = end;
        }
        scanner.finish();
        return scanner.request();
    }
}
