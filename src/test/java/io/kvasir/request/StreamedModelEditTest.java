package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.request.StreamedModelEdit.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedModelEditTest {
    private static final String MINE = "mine\u00e9\"";
    private static final String QUOTED = "\"mine\u00e9\\\"\"";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static StreamedModelEdit answer(Format format) {
        return StreamedModelEdit.ofAnswer(MINE, format);
    }

    /** The edited body, cut into chunks that lie within larger arrays; nothing at all is held back after the end. */
    private static String edited(StreamedModelEdit edit, String body, int... cuts) {
        byte[] bytes = body.getBytes(UTF_8);
        var out = new ByteArrayOutputStream();
        int at = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : bytes.length;
            byte[] array = new byte[to - at + 5];
            System.arraycopy(bytes, at, array, 3, to - at);
            byte[] before = array.clone();
            byte[] edited = edit.edit(array, 3, to - at, i == cuts.length);
            assertThat(array).isEqualTo(before);
            if (edited == null) {
                out.write(array, 3, to - at);
            } else {
                out.writeBytes(edited);
            }
            at = to;
        }
        return out.toString(UTF_8);
    }

    /** Whole, and cut in two at every byte, and into single bytes. */
    private static void assertEdited(String body, Format format, String expected) {
        assertThat(edited(answer(format), body)).isEqualTo(expected);
        int n = body.getBytes(UTF_8).length;
        for (int cut = 0; cut <= n; cut++) {
            assertThat(edited(answer(format), body, cut)).as("cut at %d", cut).isEqualTo(expected);
        }
        int[] all = new int[n];
        for (int i = 0; i < n; i++) {
            all[i] = i + 1;
        }
        assertThat(edited(answer(format), body, all)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":@}",
                " \n{ \"model\"\t: \r\n @ , \"n\":1.00 }\n",
                "{\"mod\\u0065l\":@}",
                "{\"id\":\"model\",\"a\":[\"model\",{\"model\":\"x\"}],\"o\":{\"model\":\"x\"},\"model\":@,\"model\":@}",
                "{\"choices\":[{\"message\":{\"content\":\"\\\"model\\\":\\\"x\\\"\"}}],\"model\":@}",
                "{\"model\":null,\"response\":{\"model\":@},\"message\":{\"model\":@,\"model\":7}}",
                "{\"response\":[{\"model\":\"x\"}],\"message\":{\"response\":{\"model\":\"x\"}}}",
                "{\"model\":[\"x\"]}",
                "{}"
            })
    void theNamesInTheirPlacesAreReplacedAndEveryOtherByteStays(String body) {
        assertEdited(body.replace("@", "\"x \\u00e9 \u00e9\\\\\""), Format.JSON, body.replace("@", QUOTED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"model\":@}\n\ndata:{\"model\":@,\"n\":1}\n\ndata: [DONE]\n\n",
                "data: {\"model\":@}\r\n\r\ndata: {\"model\":@}\r\n\r\n",
                "data: {\"model\":@}\r\rdata: {\"model\":@}\r\r",
                ": keep-alive {\"model\":\"x\"}\n\nevent: data\nid: 1\nretry: 5\ndata: {\"response\":{\"model\":@}}\n\n",
                "data: {\ndata:  \"model\":\ndata:  @}\n\ndata: {\"message\":{\"model\":@}}\n\n",
                "data: {\"model\":@}\ndata: {\"model\":@}\n",
                "data: {\"model\":\"x\n\ndata: {\"model\":@}\n\n",
                "data: {\"model\":]}\ndata: {\"model\":\"x\"}\n\ndata: {\"model\":@}\n\n",
                "data: text \"model\":\"x\"\n\ndatas: {\"model\":\"x\"}\ndata\ndata:\n\ndata: {\"model\":@}",
                "\ndata: {\"delta\":\"data: {\\\"model\\\":\\\"x\\\"}\",\"model\":@}\n\n"
            })
    void eachEventHasAModelOfItsOwn(String body) {
        assertEdited(body.replace("@", "\"some/model\""), Format.EVENTS, body.replace("@", QUOTED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"model\":\"x\"}]",
                "\"model\":\"x\"",
                "{\"model\":\"x",
                "{\"model\" \"x\"}",
                "{\"model\":\"\u0001\"}",
                "model\":\"x\"}",
                "",
                " "
            })
    void whatIsNoJsonStaysAsItIs(String body) {
        assertEdited(body, Format.JSON, body);
    }

    @Test
    void bytesBehindTheObjectStayAsTheyAre() {
        assertEdited(
                "{\"model\":\"x\"} {\"model\":\"x\"}", Format.JSON, "{\"model\":" + QUOTED + "} {\"model\":\"x\"}");
    }

    @Test
    void aStringTooLongForANameStays() {
        String longest = "\"" + "x".repeat(StreamedModelEdit.MOST_HELD - 2) + "\"";
        assertEdited("{\"model\":" + longest + "}", Format.JSON, "{\"model\":" + QUOTED + "}");
        String longer = "{\"model\":\"" + "x".repeat(StreamedModelEdit.MOST_HELD - 1) + "\",\"n\":1}";
        assertEdited(longer, Format.JSON, longer);
        String huge = "{\"model\":\"" + "x".repeat(100_000) + "\",\"message\":{\"model\":";
        assertThat(edited(answer(Format.JSON), huge + "\"x\"}}", 9, 20, 90_000, 100_020))
                .isEqualTo(huge + QUOTED + "}}");
    }

    @Test
    void onlyANameThatIsCutIsHeldBack() {
        var edit = answer(Format.EVENTS);
        byte[] first = "data: {\"n\":1}\n\ndata: {\"model\":\"ab".getBytes(UTF_8);
        assertThat(edit.edit(first, 0, first.length, false))
                .asString(UTF_8)
                .isEqualTo("data: {\"n\":1}\n\ndata: {\"model\":");
        assertThat(edit.replaced()).isNull();
        assertThat(edit.edit(first, 0, 0, false)).isNull();
        byte[] middle = "c".getBytes(UTF_8);
        assertThat(edit.edit(middle, 0, 1, false)).isEmpty();
        byte[] last = "\"}\n\n".getBytes(UTF_8);
        assertThat(edit.edit(last, 0, last.length, false)).asString(UTF_8).isEqualTo(QUOTED + "}\n\n");
        assertThat(edit.replaced()).isEqualTo("abc");
        byte[] other = "data: {\"n\":2}\n\n".getBytes(UTF_8);
        assertThat(edit.edit(other, 0, other.length, false)).isNull();
    }

    @Test
    void aBodyThatEndsWithinANameIsComplete() {
        assertThat(edited(answer(Format.JSON), "{\"model\":\"abc", 3, 11)).isEqualTo("{\"model\":\"abc");
        assertThat(edited(answer(Format.JSON), "{\"model\":\"abc", 11, 13)).isEqualTo("{\"model\":\"abc");
    }

    @Test
    void requestsNameTheirModelInOnePlace() {
        var edit = StreamedModelEdit.ofRequest(MINE);
        assertThat(edited(edit, "{\"message\":{\"model\":\"x\"},\"response\":{\"model\":\"x\"},\"model\":\"x\"}", 30))
                .isEqualTo("{\"message\":{\"model\":\"x\"},\"response\":{\"model\":\"x\"},\"model\":" + QUOTED + "}");
        assertThat(edit.replaced()).isEqualTo("x");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "application/json, JSON",
                "Application/JSON; charset=utf-8, JSON",
                "application/problem+json, JSON",
                "text/event-stream, EVENTS",
                "text/event-stream; charset=utf-8, EVENTS",
                "text/plain, none",
                "audio/mpeg, none",
                "'', none",
                "none, UNTOLD"
            })
    void theContentTypeTellsTheFormat(String type, Format format) {
        assertThat(Format.of(type)).isEqualTo(format);
    }

    @Test
    void withoutAContentTypeTheFirstByteTellsIt() {
        assertEdited(" {\"model\":\"x\"}", Format.UNTOLD, " {\"model\":" + QUOTED + "}");
        assertEdited("\ndata: {\"model\":\"x\"}\n\n", Format.UNTOLD, "\ndata: {\"model\":" + QUOTED + "}\n\n");
        assertEdited(": hi\n\n{\"model\":\"x\"}", Format.UNTOLD, ": hi\n\n{\"model\":\"x\"}");
        // no field has a blank before its name
        assertEdited("\n  data: {\"model\":\"x\"}\n\n", Format.UNTOLD, "\n  data: {\"model\":\"x\"}\n\n");
    }

    @Test
    void anyCutOfAnyBodyGivesWhatAParserWouldSet() throws IOException {
        var random = new SplittableRandom(7);
        var bodies = new RandomBodies(random);
        for (int round = 0; round < 500; round++) {
            var members = new ArrayList<>(bodies.members(Dialect.values()[random.nextInt(Dialect.values().length)]));
            for (String holder : new String[] {"response", "message"}) {
                byte[] inner = RandomBodies.object(bodies.members(Dialect.PASSTHROUGH));
                members.add(random.nextInt(members.size() + 1), '"' + holder + "\":" + new String(inner, UTF_8));
            }
            byte[] body = RandomBodies.object(members);
            var object = (ObjectNode) JSON.readTree(body);
            rename(object);
            rename(object.get("response"));
            rename(object.get("message"));
            int[] cuts = random.ints(random.nextInt(1, 8), 0, body.length + 1)
                    .sorted()
                    .toArray();
            String edited = edited(answer(Format.JSON), new String(body, UTF_8), cuts);
            assertThat(JSON.readTree(edited)).isEqualTo(object);
        }
    }

    private static void rename(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("model").isTextual()) {
            object.put("model", MINE);
        }
    }
}
