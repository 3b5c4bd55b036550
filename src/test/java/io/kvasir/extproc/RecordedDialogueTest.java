package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What a live Envoy sent, sent again. Bodies were recorded by their length only; here they are JSON of that length. The
 * answers are held against the rules of full duplex mode: headers first and with the pick in both places, then every byte
 * in chunks of which the last says so, then trailers where there were some.
 */
class RecordedDialogueTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestFactory
    Stream<DynamicTest> streams() throws IOException {
        return Stream.concat(
                streams("ext_proc_dialogue_original_dst.jsonl"), streams("ext_proc_dialogue_override_host.jsonl"));
    }

    private Stream<DynamicTest> streams(String file) throws IOException {
        var streams = new ArrayList<List<JsonNode>>();
        try (var in = Objects.requireNonNull(getClass().getResourceAsStream("/dialogues/recorded/" + file))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                var step = line.isBlank() ? JSON.nullNode() : JSON.readTree(line);
                if (step.path("ev").asText().equals("open")) {
                    streams.add(new ArrayList<>());
                }
                if (step.has("s")) {
                    // streams were recorded one after the other
                    streams.getLast().add(step);
                }
            }
        }
        return streams.stream()
                .map(stream -> DynamicTest.dynamicTest(
                        file + ", stream " + stream.getFirst().path("s").asText(), () -> replay(stream)));
    }

    private static void replay(List<JsonNode> steps) throws IOException {
        try (var picker = PickerFixture.start()) {
            picker.authority("outbound|9002||epp.default.svc.cluster.local");
            var call = new ProxyCall(picker.channel());
            var request = new Side(Direction.REQUEST, call);
            var response = new Side(Direction.RESPONSE, call);
            for (int at = 0; at < steps.size(); at++) {
                var step = steps.get(at);
                String kind = step.path("m").asText(step.path("ev").asText());
                if (kind.startsWith("request")) {
                    request.send(kind, step, steps, at);
                } else if (kind.startsWith("response")) {
                    request.check();
                    response.send(kind, step, steps, at);
                    response.check();
                } else if (kind.equals("half-close")) {
                    call.halfClose();
                    assertThat(call.closed().isOk()).isTrue();
                } else if (kind.equals("cancelled")) {
                    call.cancel();
                    assertThat(call.closed().getCode().name()).isEqualTo("CANCELLED");
                }
            }
        }
    }

    /** One direction of a stream: what went in, and what of it has come back. */
    private static final class Side {
        private final Direction direction;
        private final ProxyCall call;
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private final ByteArrayOutputStream returned = new ByteArrayOutputStream();
        private boolean headersDue;
        private boolean headersReturned;
        private boolean ended;
        private boolean endReturned;
        private boolean trailersDue;

        Side(Direction direction, ProxyCall call) {
            this.direction = direction;
            this.call = call;
        }

        void send(String kind, JsonNode step, List<JsonNode> steps, int at) {
            boolean end = step.path("eos").asBoolean();
            if (kind.endsWith("headers")) {
                headersDue = true;
                headersReturned = false;
                ended = end;
                endReturned = end;
                call.send(new ProxyMessage.Headers(
                        direction, headers(step, end), Metadata.getDefaultInstance(), modes(step), false));
            } else if (kind.endsWith("body")) {
                byte[] bytes = bytes(step, steps, at);
                sent.writeBytes(bytes);
                ended |= end;
                call.send(new ProxyMessage.Body(direction, bytes, 0, bytes.length, end, false));
            } else {
                trailersDue = true;
                call.send(new ProxyMessage.Trailers(direction, false));
            }
        }

        /** Of a request the body is one JSON document, whose pieces have the recorded lengths. */
        private byte[] bytes(JsonNode step, List<JsonNode> steps, int at) {
            int total = 0;
            int before = 0;
            for (int i = 0; i < steps.size(); i++) {
                var other = steps.get(i);
                if (other.path("m").asText().equals(step.path("m").asText())) {
                    before = i < at ? total + other.path("n").asInt() : before;
                    total += other.path("n").asInt();
                }
            }
            String whole = total == 0 ? "" : Messages.json(total);
            return whole.substring(before, before + step.path("n").asInt()).getBytes(UTF_8);
        }

        /** Everything that is due comes, in order. A request's answer is due when it is complete. */
        void check() {
            if (headersDue && !headersReturned) {
                headersReturned = true;
                headers(call.answer());
            }
            while (headersReturned && (returned.size() < sent.size() || (ended && !endReturned))) {
                var answer = call.answer();
                var streamed = (direction == Direction.REQUEST ? answer.getRequestBody() : answer.getResponseBody())
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse();
                assertThat(streamed.getBody().size()).isLessThanOrEqualTo(PickerMessage.MAX_CHUNK);
                assertThat(endReturned).as("chunks after the end").isFalse();
                returned.writeBytes(streamed.getBody().toByteArray());
                endReturned = streamed.getEndOfStream();
            }
            assertThat(returned.toByteArray()).isEqualTo(sent.toByteArray());
            if (trailersDue) {
                trailersDue = false;
                assertThat(call.answer().hasRequestTrailers()).isTrue();
                assertThat(endReturned).as("trailers end it").isFalse();
            }
        }

        private void headers(ProcessingResponse answer) {
            if (direction == Direction.RESPONSE) {
                assertThat(answer.hasResponseHeaders()).isTrue();
                return;
            }
            assertThat(answer.hasRequestHeaders()).isTrue();
            var set = answer.getRequestHeaders()
                    .getResponse()
                    .getHeaderMutation()
                    .getSetHeaders(0)
                    .getHeader();
            assertThat(set.getKey()).isEqualTo(Names.DESTINATION);
            assertThat(PickerFixture.ENDPOINTS).contains(set.getRawValue().toStringUtf8());
            assertThat(answer.getDynamicMetadata()
                            .getFieldsOrThrow("envoy.lb")
                            .getStructValue()
                            .getFieldsOrThrow(Names.DESTINATION)
                            .getStringValue())
                    .isEqualTo(set.getRawValue().toStringUtf8());
        }

        private static HttpHeaders headers(JsonNode step, boolean end) {
            var map = HeaderMap.newBuilder();
            for (var header : step.path("h")) {
                map.addHeaders(HeaderValue.newBuilder()
                        .setKey(header.get(0).asText())
                        .setRawValue(ByteString.copyFromUtf8(header.get(1).asText())));
            }
            return HttpHeaders.newBuilder().setHeaders(map).setEndOfStream(end).build();
        }

        private static @Nullable ProtocolConfiguration modes(JsonNode step) {
            return step.has("protocol_config") ? Messages.DUPLEX : null;
        }
    }
}
