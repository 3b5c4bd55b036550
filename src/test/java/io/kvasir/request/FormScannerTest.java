package io.kvasir.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormScannerTest {
    private static final String TYPE = "multipart/form-data; boundary=XyZ";
    private static final String FILE = String.join(
            "\r\n",
            "--XyZ",
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"",
            "Content-Type: audio/wav",
            "",
            "RIFF",
            "",
            "--Xy",
            "name=\"model\"",
            "--X\r--XyZ",
            "\r\r",
            "--",
            "--Xyz",
            "");
    private static final String END = "--XyZ--\r\n";

    private static String field(String name, String value) {
        return "--XyZ\r\ncontent-disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }

    /** What is read, however the body is cut. */
    private static Request read(String type, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var scanner = new BodyScanner();
        var first = Request.withoutBody(Dialect.MODEL_ONLY);
        for (int piece : new int[] {bytes.length + 1, 1, 2, 3, 7}) {
            scanner.reset(BodyFormat.of(Dialect.MODEL_ONLY, type), PromptSink.NONE);
            for (int at = 0; at < bytes.length; at += piece) {
                scanner.feed(bytes, at, Math.min(piece, bytes.length - at));
            }
            scanner.finish();
            var request = scanner.request();
            assertThat(piece > bytes.length ? request : first).isEqualTo(request);
            first = request;
        }
        return first;
    }

    private static String edited(Request request, String body, String model) {
        var out = new StringBuilder();
        var edit = BodyEdits.model(request, model);
        var chunk = ByteBuffer.wrap(body.getBytes(ISO_8859_1));
        for (var piece : edit.apply(List.of(chunk))) {
            out.append(ISO_8859_1.decode(piece));
        }
        assertThat(out.length()).isEqualTo((int) edit.lengthAfter(body.length()));
        return out.toString();
    }

    @Test
    void theModelIsFoundBehindAndBeforeAFile() {
        for (var body : List.of(
                FILE + field("model", "whisper-1") + END,
                field("model", "whisper-1") + FILE + END,
                "preamble\r\n" + field("language", "model") + field("model", "whisper-1") + FILE + END)) {
            var request = read(TYPE, body);
            assertThat(request.model()).isEqualTo("whisper-1");
            assertThat(request.opaque()).isFalse();
            assertThat(edited(request, body, "w2")).isEqualTo(body.replace("whisper-1", "w2"));
        }
    }

    @Test
    void ofSeveralTheLastCountsAsForEngines() {
        var body = field("model", "a") + FILE + field("model", "b") + END;
        assertThat(read(TYPE, body).model()).isEqualTo("b");
    }

    @Test
    void aFormWithoutAModelGetsOneInFront() {
        var body = FILE + END;
        var request = read(TYPE, body);
        assertThat(request.model()).isNull();
        var edited = edited(request, body, "m");
        assertThat(edited).endsWith(body);
        assertThat(read(TYPE, edited).model()).isEqualTo("m");
        var behind = "preamble\r\n" + body;
        assertThat(edited(read(TYPE, behind), behind, "m"))
                .startsWith("preamble\r\n--XyZ\r\n")
                .endsWith(body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--XyZ\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--XyZ--",
                "--XyZ  \r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION:form-data;NAME=\"model\"\r\n\r\nm\r\n--XyZ--"
            })
    void headsAreReadAsTheRfcHasThem(String body) {
        assertThat(read(TYPE, body).model()).isEqualTo("m");
        assertThat(read("Multipart/Form-Data;charset=x; Boundary=\"XyZ\"", body).model())
                .isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nothing of the kind",
                "{\"model\":\"m\"}",
                "--XyY\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--XyY--",
                "--XyZ\ncontent-disposition: form-data; name=\"model\"\n\nm\n--XyZ--",
                "--XyZ\r\ncontent-disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\nm\r\n--XyZ--",
                "--XyZ\r\ncontent-disposition: form-data; name=\"models\"\r\n\r\nm\r\n--XyZ--",
                "--XyZ\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n\r\n--XyZ--",
                "--XyZ\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nnot ended"
            })
    void whatNamesNoModelPasses(String body) {
        assertThat(read(TYPE, body).model()).isNull();
    }

    @Test
    void nothingIsKeptOfLongHeadsAndNames() {
        assertThat(read(TYPE, field("model", "m".repeat(2048)) + END).model()).hasSize(2048);
        assertThat(read(TYPE, field("model", "m".repeat(2049)) + END).model()).isNull();
        assertThat(read(TYPE, field("x".repeat(9000), "v") + field("model", "m") + END)
                        .model())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/mixed; boundary=a"
            })
    void otherTypesAreNoForms(String type) {
        assertThat(BodyFormat.of(Dialect.MODEL_ONLY, type).boundary()).isNull();
    }

    @Test
    void anApiOfJsonStaysOneWhateverItsTypeSays() {
        assertThat(BodyFormat.of(Dialect.CHAT_COMPLETIONS, TYPE).boundary()).isNull();
    }
}
