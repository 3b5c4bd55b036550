package io.kvasir.request;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BodyEditTest {

    @Test
    void onlyTheModelChangesHoweverTheBodyIsCut() {
        String body = "{\"messages\":[{\"content\":\"model\"}],\"model\" : \"old\" ,\"n\":1}";
        var edit = BodyEdit.model(Scans.request(CHAT_COMPLETIONS, body), "new/\"é\\\n😀");
        String wanted = body.replace("\"old\"", "\"new/\\\"é\\\\\\u000a\\ud83d\\ude00\"");
        for (int chunk = 1; chunk <= body.length(); chunk++) {
            List<ByteBuffer> pieces = edit.apply(cut(body.getBytes(UTF_8), chunk));
            assertThat(joined(pieces)).as("chunks of %d", chunk).isEqualTo(wanted);
            assertThat(pieces).allMatch(ByteBuffer::hasRemaining);
            assertThat(edit.lengthAfter(body.length())).isEqualTo(wanted.getBytes(UTF_8).length);
        }
    }

    @Test
    void theNewNameReadsBackAsGiven() throws Exception {
        for (String name : new String[] {"a", "\u0000\u001f\u007f\"\\/", "名前😀", "\ud800"}) {
            String edited = edit("{\"model\":\"x\"}", name);
            assertThat(new ObjectMapper().readTree(edited).get("model").asText())
                    .isEqualTo(name);
        }
    }

    @Test
    void aModelThatIsMissingIsPutFirst() {
        assertThat(edit("{}", "m")).isEqualTo("{\"model\":\"m\"}");
        assertThat(edit(" { \"n\":1}", "m")).isEqualTo(" {\"model\":\"m\", \"n\":1}");
    }

    @Test
    void theLastModelIsTheOneReplacedWhateverItsType() {
        assertThat(edit("{\"model\":\"a\",\"model\":null}", "m")).isEqualTo("{\"model\":\"a\",\"model\":\"m\"}");
        assertThat(edit("{\"model\":[1,{}] }", "m")).isEqualTo("{\"model\":\"m\" }");
    }

    @Test
    void theReceivedBytesAreSharedAndTheirPositionsKept() {
        byte[] body = "xx{\"model\":\"a\",\"prompt\":\"long\"}".getBytes(UTF_8);
        var chunk = ByteBuffer.wrap(body).position(2);
        var request = Scans.request(CHAT_COMPLETIONS, new String(body, 2, body.length - 2, UTF_8));
        List<ByteBuffer> pieces = BodyEdit.model(request, "bb").apply(List.of(chunk));
        assertThat(pieces).hasSize(3);
        assertThat(pieces.getFirst().array()).isSameAs(body);
        assertThat(pieces.getLast().array()).isSameAs(body);
        assertThat(chunk.position()).isEqualTo(2);
        assertThat(joined(pieces)).isEqualTo("{\"model\":\"bb\",\"prompt\":\"long\"}");
    }

    @Test
    void whatCannotBeEditedIsRefused() {
        assertThatThrownBy(() -> BodyEdit.model(Request.withoutBody(CHAT_COMPLETIONS), "m"))
                .isInstanceOf(IllegalArgumentException.class);
        var edit = BodyEdit.model(Scans.request(CHAT_COMPLETIONS, "{\"model\":\"a\"}"), "m");
        assertThatThrownBy(() -> edit.apply(List.of(ByteBuffer.allocate(5))))
                .hasMessage("the edit ends at byte 12, the body at 5");
    }

    private static String edit(String body, String model) {
        var edit = BodyEdit.model(Scans.request(CHAT_COMPLETIONS, body), model);
        return joined(edit.apply(List.of(ByteBuffer.wrap(body.getBytes(UTF_8)))));
    }

    private static List<ByteBuffer> cut(byte[] body, int size) {
        var chunks = new ArrayList<ByteBuffer>();
        for (int i = 0; i < body.length; i += size) {
            chunks.add(ByteBuffer.wrap(body, i, Math.min(size, body.length - i)));
        }
        return chunks;
    }

    private static String joined(List<ByteBuffer> pieces) {
        var out = new ByteArrayOutputStream();
        for (ByteBuffer piece : pieces) {
            var copy = new byte[piece.remaining()];
            piece.duplicate().get(copy);
            out.writeBytes(copy);
        }
        return out.toString(UTF_8);
    }
}
