package io.kvasir.request;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyEditsTest {

    @Test
    void onlyTheModelChangesHoweverTheBodyIsCut() {
        String body = "{\"messages\":[{\"content\":\"model\"}],\"model\" : \"old\" ,\"n\":1}";
        var edit = BodyEdits.model(Scans.request(CHAT_COMPLETIONS, body), "new/\"é\\\n😀");
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
        List<ByteBuffer> pieces = BodyEdits.model(request, "bb").apply(List.of(chunk));
        assertThat(pieces).hasSize(3);
        assertThat(pieces.getFirst().array()).isSameAs(body);
        assertThat(pieces.getLast().array()).isSameAs(body);
        assertThat(chunk.position()).isEqualTo(2);
        assertThat(joined(pieces)).isEqualTo("{\"model\":\"bb\",\"prompt\":\"long\"}");
    }

    @Test
    void whatCannotBeEditedIsRefused() {
        assertThatThrownBy(() -> BodyEdits.model(Request.withoutBody(CHAT_COMPLETIONS), "m"))
                .isInstanceOf(IllegalArgumentException.class);
        var edit = BodyEdits.model(Scans.request(CHAT_COMPLETIONS, "{\"model\":\"a\"}"), "m");
        assertThatThrownBy(() -> edit.apply(List.of(ByteBuffer.allocate(5))))
                .hasMessage("the edits end at byte 12, the body at 5");
    }

    @Test
    void severalMembersAreSetAtOnceWhereTheyStandOrInFront() {
        String body = "{\"stream_options\":{\"include_usage\":false,\"x\":1},\"messages\":[],\"model\":\"a\"}";
        var edits = BodyEdits.of(Scans.request(CHAT_COMPLETIONS, body))
                .model("bb")
                .set(BodyField.KV_TRANSFER_PARAMS, "{\"do_remote_decode\":true}")
                .set(BodyField.INCLUDE_USAGE, "true")
                .set(BodyField.STREAM, "true")
                .build();
        assertThat(joined(edits.apply(cut(body.getBytes(UTF_8), 7))))
                .isEqualTo("{\"kv_transfer_params\":{\"do_remote_decode\":true},\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true,\"x\":1},\"messages\":[],\"model\":\"bb\"}");
    }

    @Test
    void usageIsAskedForInTheOptionsThatAreThereOrInNewOnes() {
        for (String options : new String[] {"", "\"stream_options\":null", "\"stream_options\":{}"}) {
            String body = "{" + options + "}";
            var edits = BodyEdits.of(Scans.request(CHAT_COMPLETIONS, body))
                    .set(BodyField.INCLUDE_USAGE, "true")
                    .build();
            assertThat(joined(edits.apply(cut(body.getBytes(UTF_8), 100))))
                    .isEqualTo("{\"stream_options\":{\"include_usage\":true}}");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"stream_options\":{\"x\":1}} | {\"stream_options\":{\"include_usage\":true,\"x\":1}}",
                "{\"stream_options\": { \"a\\u0062\":{\"include_usage\":0}, \"c\":[{}] } }"
                        + " | {\"stream_options\": {\"include_usage\":true, \"a\\u0062\":{\"include_usage\":0}, \"c\":[{}] } }",
                "{\"stream_options\":{ },\"n\":1} | {\"stream_options\":{\"include_usage\":true },\"n\":1}",
                "{\"stream\\u005foptions\":{\"x\":1}} | {\"stream\\u005foptions\":{\"include_usage\":true,\"x\":1}}",
                "{\"stream_options\":{\"include\\u005fusage\":0,\"x\":1}}"
                        + " | {\"stream_options\":{\"include\\u005fusage\":true,\"x\":1}}",
                "{\"stream_options\":{\"include_usage\":1,\"x\":2,\"include_usage\":{}}}"
                        + " | {\"stream_options\":{\"include_usage\":1,\"x\":2,\"include_usage\":true}}",
            })
    void theOtherOptionsOfAStreamStay(String body, String edited) {
        assertThat(askedForUsage(body, 3)).isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"x\":1} | {\"y\":2} | {\"include_usage\":true,\"y\":2}",
                "{\"include_usage\":false} | {\"y\":2} | {\"include_usage\":true,\"y\":2}",
                "{\"x\":1} | {} | {\"include_usage\":true}",
                "{\"x\":1} | null | {\"include_usage\":true}",
                "null | {\"x\":1} | {\"include_usage\":true,\"x\":1}",
                "[{\"x\":1}] | {} | {\"include_usage\":true}",
                "{\"x\":1} | [{\"x\":1}] | {\"include_usage\":true}",
                "{\"x\":1} | \"{}\" | {\"include_usage\":true}",
                "{\"x\":1} | 7 | {\"include_usage\":true}",
                "{\"x\":1} | true | {\"include_usage\":true}",
            })
    void ofSeveralOptionsOfAStreamTheLastAreEditedAndWhatIsNoObjectGivesWay(String first, String last, String edited) {
        String head = "{\"stream_options\":" + first + ",\"stream_options\":";
        assertThat(askedForUsage(head + last + "}", 5)).isEqualTo(head + edited + "}");
    }

    private static String askedForUsage(String body, int cut) {
        var edits = BodyEdits.of(Scans.request(CHAT_COMPLETIONS, body))
                .set(BodyField.INCLUDE_USAGE, "true")
                .build();
        return joined(edits.apply(cut(body.getBytes(UTF_8), cut)));
    }

    @Test
    void anyEditsGiveWhatTheSameEditsOfATreeGiveHoweverTheBodyIsCut() throws Exception {
        var random = new Random(7);
        var bodies = new RandomBodies(random);
        var json = new ObjectMapper();
        Map<BodyField, String> values = Map.of(
                BodyField.MODEL, "\"n\\u0000\"",
                BodyField.STREAM, "false",
                BodyField.STREAM_OPTIONS, "null",
                BodyField.KV_TRANSFER_PARAMS, "{\"a\":[1,{}]}",
                BodyField.PRIORITY, "-3",
                BodyField.CACHE_SALT, "\"\"");
        for (int i = 0; i < 2000; i++) {
            Dialect dialect = Dialect.values()[i % Dialect.values().length];
            List<String> members = bodies.members(dialect);
            if (random.nextInt(4) == 0) {
                members.addAll(bodies.members(dialect));
            }
            byte[] body = random.nextInt(20) == 0 ? " { } ".getBytes(UTF_8) : RandomBodies.object(members);
            var scan = Scans.scan(dialect, body).request();
            var tree = (ObjectNode) json.readTree(body);
            var builder = BodyEdits.of(scan);
            for (Map.Entry<BodyField, String> value : values.entrySet()) {
                if (random.nextBoolean()) {
                    builder.set(value.getKey(), value.getValue());
                    tree.set(value.getKey().memberName(), json.readTree(value.getValue()));
                }
            }
            var edits = builder.build();
            var pieces = edits.apply(cut(body, 1 + random.nextInt(body.length)));
            byte[] edited = bytes(pieces);
            assertThat(json.readTree(edited)).isEqualTo(tree);
            assertThat(edits.lengthAfter(body.length)).isEqualTo(edited.length);
            assertThat(pieces).allMatch(ByteBuffer::hasRemaining);
            assertThat(Scans.scan(dialect, edited).request().prompt()).isEqualTo(scan.prompt());
        }
    }

    @Test
    void anyRangesAreReplacedAsInAString() {
        var random = new Random(8);
        for (int i = 0; i < 2000; i++) {
            String body = "0123456789".repeat(1 + random.nextInt(4));
            var edits = new ArrayList<BodyEdit>();
            var wanted = new StringBuilder();
            int at = 0;
            while (true) {
                int start = at + random.nextInt(5) + (edits.isEmpty() ? 0 : 1);
                int end = start + random.nextInt(4);
                if (end > body.length()) {
                    break;
                }
                String replacement = "x".repeat(random.nextInt(3));
                edits.add(new BodyEdit(start, end, replacement.getBytes(UTF_8)));
                wanted.append(body, at, start).append(replacement);
                at = end;
            }
            wanted.append(body.substring(at));
            Collections.shuffle(edits, random);
            var pieces = BodyEdits.of(edits).apply(cut(body.getBytes(UTF_8), 1 + random.nextInt(12)));
            assertThat(joined(pieces)).isEqualTo(wanted.toString());
            assertThat(pieces).allMatch(ByteBuffer::hasRemaining);
        }
    }

    @Test
    void editsOfTheSameBytesAreRefused() {
        byte[] nothing = {};
        for (var other :
                List.of(new BodyEdit(3, 4, nothing), new BodyEdit(1, 3, nothing), new BodyEdit(2, 5, nothing))) {
            assertThatThrownBy(() -> BodyEdits.of(List.of(new BodyEdit(2, 5, nothing), other)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> BodyEdits.of(List.of(new BodyEdit(2, 2, nothing), new BodyEdit(2, 2, nothing))))
                .isInstanceOf(IllegalArgumentException.class);
        var scan = Scans.request(CHAT_COMPLETIONS, "{\"stream_options\":{\"include_usage\":true},\"model\":\"a\"}");
        assertThatThrownBy(() -> BodyEdits.of(scan)
                        .set(BodyField.STREAM_OPTIONS, "{}")
                        .set(BodyField.INCLUDE_USAGE, "false")
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
        for (String options : List.of("null", "{}", "{\"x\":1}")) {
            var other = Scans.request(CHAT_COMPLETIONS, "{\"stream_options\":" + options + "}");
            assertThatThrownBy(() -> BodyEdits.of(other)
                            .set(BodyField.STREAM_OPTIONS, "{}")
                            .set(BodyField.INCLUDE_USAGE, "true")
                            .build())
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> BodyEdits.of(other)
                            .set(BodyField.INCLUDE_USAGE, "true")
                            .set(BodyField.INCLUDE_USAGE, "true")
                            .build())
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> BodyEdits.of(scan).model("b").model("c").build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BodyEdits.of(scan)
                        .set(BodyField.STREAM, "true")
                        .set(BodyField.STREAM, "false")
                        .build())
                .hasMessage("two edits of stream");
        assertThatThrownBy(() -> BodyEdits.of(scan).set(BodyField.BEST_OF, "1").set(BodyField.CONVERSATION, "\"c\""))
                .hasMessage("CHAT_COMPLETIONS has no member conversation");
    }

    private static String edit(String body, String model) {
        var edit = BodyEdits.model(Scans.request(CHAT_COMPLETIONS, body), model);
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
        return new String(bytes(pieces), UTF_8);
    }

    private static byte[] bytes(List<ByteBuffer> pieces) {
        var out = new ByteArrayOutputStream();
        for (ByteBuffer piece : pieces) {
            var copy = new byte[piece.remaining()];
            piece.duplicate().get(copy);
            out.writeBytes(copy);
        }
        return out.toByteArray();
    }
}
