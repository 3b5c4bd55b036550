package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderMutation;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import io.kvasir.request.Refusal;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plays one dialogue file against a picker. A line is one step: {@code >} what the proxy does, {@code <} what the picker
 * has to answer next. See {@code src/test/resources/dialogues/README.md}.
 */
final class Dialogue {
    private final PickerFixture picker;
    private final ProxyCall call;
    private final Bodies request = new Bodies();
    private final Bodies response = new Bodies();
    private @Nullable ProtocolConfiguration modes;
    private Metadata metadata = Metadata.getDefaultInstance();
    private boolean observed;
    private boolean refused;

    Dialogue(PickerFixture picker) {
        this.picker = picker;
        // calls that wait for a connection are begun in any order
        barrier();
        call = new ProxyCall(picker.channel());
    }

    /** What was sent of one direction's body, and what came back. */
    private static final class Bodies {
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private final ByteArrayOutputStream echoed = new ByteArrayOutputStream();
    }

    private Bodies bodies(Direction direction) {
        return direction == Direction.REQUEST ? request : response;
    }

    void play(String line) {
        var words = line.split(" ", 3);
        String rest = words.length > 2 ? words[2] : "";
        if (words[0].equals(">")) {
            act(words[1], rest);
        } else if (words[0].equals("<")) {
            expect(words[1], rest);
        } else {
            throw new AssertionError("no step: " + line);
        }
    }

    private void act(String what, String rest) {
        switch (what) {
            case "config" -> {
                var names = rest.split(" ", -1);
                modes = Messages.modes(BodySendMode.valueOf(names[0]), BodySendMode.valueOf(names[1])).toBuilder()
                        .setSendBodyWithoutWaitingForHeaderResponse(names.length > 2)
                        .build();
            }
            case "observe" -> observed = true;
            case "observe-no-more" -> observed = false;
            case "subset" ->
                metadata = namespace("envoy.lb.subset_hint", "x-gateway-destination-endpoint-subset", rest);
            case "served" ->
                metadata = namespace("envoy.lb", "x-gateway-destination-endpoint-served", "string " + rest);
            case "request_headers" -> headers(Direction.REQUEST, rest);
            case "response_headers" -> headers(Direction.RESPONSE, rest);
            case "request_body" -> body(Direction.REQUEST, rest);
            case "response_body" -> body(Direction.RESPONSE, rest);
            case "request_trailers" -> call.send(new ProxyMessage.Trailers(Direction.REQUEST, observed));
            case "response_trailers" -> call.send(new ProxyMessage.Trailers(Direction.RESPONSE, observed));
            case "unknown" -> call.send(new ProxyMessage.Unknown(observed));
            case "half-close" -> call.halfClose();
            case "cancel" -> call.cancel();
            default -> throw new AssertionError("no act: " + what);
        }
    }

    /** The next answer. None follows an immediate response, and none asks for more than to go on. */
    private ProcessingResponse answer() {
        assertThat(refused).as("refused already").isFalse();
        var answer = call.answer();
        refused = answer.hasImmediateResponse();
        for (var common : List.of(
                answer.getRequestHeaders().getResponse(),
                answer.getResponseHeaders().getResponse(),
                answer.getRequestBody().getResponse(),
                answer.getResponseBody().getResponse())) {
            assertThat(common.getStatus()).isEqualTo(CommonResponse.ResponseStatus.CONTINUE);
        }
        assertThat(answer.hasModeOverride()).isFalse();
        return answer;
    }

    private static Metadata namespace(String namespace, String key, String text) {
        var words = text.split(" ", 2);
        var value = Value.newBuilder();
        switch (words[0]) {
            case "list" -> {
                var list = ListValue.newBuilder();
                if (words.length > 1) {
                    for (String entry : words[1].split(",", -1)) {
                        list.addValues(Value.newBuilder().setStringValue(entry));
                    }
                }
                value.setListValue(list);
            }
            case "string" -> value.setStringValue(words.length > 1 ? words[1] : "");
            case "null" -> value.setNullValue(NullValue.NULL_VALUE);
            default -> throw new AssertionError("no kind of value: " + text);
        }
        return Metadata.newBuilder()
                .putFilterMetadata(
                        namespace,
                        Struct.newBuilder().putFields(key, value.build()).build())
                .build();
    }

    private void headers(Direction direction, String rest) {
        var map = HeaderMap.newBuilder();
        var message = HttpHeaders.newBuilder();
        boolean value = false;
        for (String word : rest.split(" ", -1)) {
            int equals = word.indexOf('=');
            if (word.equals("eos")) {
                message.setEndOfStream(true);
            } else if (word.equals("in-value")) {
                value = true;
            } else if (word.equals("in-raw")) {
                value = false;
            } else {
                var header = HeaderValue.newBuilder().setKey(word.substring(0, equals));
                String text = word.substring(equals + 1);
                map.addHeaders(value ? header.setValue(text) : header.setRawValue(ByteString.copyFromUtf8(text)));
            }
        }
        call.send(new ProxyMessage.Headers(direction, message.setHeaders(map).build(), metadata, modes, observed));
        modes = null;
        metadata = Metadata.getDefaultInstance();
    }

    private void body(Direction direction, String rest) {
        boolean end = rest.equals("eos") || rest.startsWith("eos ");
        String text = end ? rest.substring(3).strip() : rest;
        byte[] bytes = payload(text).getBytes(UTF_8);
        int piece = Math.max(1, bytes.length);
        int slash = text.startsWith("@") ? text.indexOf('/') : -1;
        if (slash > 0) {
            piece = Integer.parseInt(text.substring(slash + 1));
        }
        for (int at = 0; at < bytes.length || at == 0; at += piece) {
            int n = Math.min(piece, bytes.length - at);
            call.send(new ProxyMessage.Body(direction, bytes, at, n, end && at + n == bytes.length, observed));
        }
        bodies(direction).sent.writeBytes(bytes);
    }

    /** Literal text with \n for a line end, or {@code @chat(bytes)[/chunk]} for a generated chat body. */
    private static String payload(String text) {
        if (text.startsWith("@chat(")) {
            return Messages.chat(Integer.parseInt(text.substring(6, text.indexOf(')'))));
        }
        return text.replace("\\r", "\r").replace("\\n", "\n");
    }

    private void expect(String what, String rest) {
        switch (what) {
            case "request_headers" -> requestHeaders(rest);
            case "response_headers" -> {
                var answer = answer();
                assertThat(answer.hasResponseHeaders())
                        .as("response headers: %s", answer)
                        .isTrue();
                header(answer.getResponseHeaders().getResponse().getHeaderMutation(), rest);
            }
            case "request_body" -> body(Direction.REQUEST, rest.split(" ", 2));
            case "response_body" -> body(Direction.RESPONSE, rest.split(" ", 2));
            case "request_trailers" -> assertThat(answer().hasRequestTrailers()).isTrue();
            case "response_trailers" ->
                assertThat(answer().hasResponseTrailers()).isTrue();
            case "immediate" -> immediate(rest.split(" ", 3));
            case "complete" -> assertThat(call.closed().getCode().name()).isEqualTo("OK");
            case "error" -> assertThat(call.closed().getCode().name()).isEqualTo(rest);
            case "nothing" -> {
                barrier();
                assertThat(call.now()).isNull();
            }
            case "booked" -> {
                barrier();
                assertThat(picker.inFlight()).isEqualTo(Long.parseLong(rest));
            }
            case "counted" -> {
                var words = rest.split(" ", -1);
                barrier();
                for (var event : StreamEvent.values()) {
                    if (event.code().equals(words[0])) {
                        assertThat(picker.server.counts().of(event)).as(rest).isEqualTo(Long.parseLong(words[1]));
                        return;
                    }
                }
                throw new AssertionError("no event: " + rest);
            }
            default -> throw new AssertionError("no expectation: " + what);
        }
    }

    /** Answered on the same event loop after everything that was sent before. */
    private void barrier() {
        ClientCalls.blockingUnaryCall(
                picker.channel(), HealthService.CHECK, CallOptions.DEFAULT, HealthCheckRequest.getDefaultInstance());
    }

    private void immediate(String... words) {
        var answer = answer();
        assertThat(answer.hasImmediateResponse()).as("immediate: %s", answer).isTrue();
        var immediate = answer.getImmediateResponse();
        assertThat(immediate.getStatus().getCode()).isEqualTo(Integer.parseInt(words[0]));
        var headers = new HashMap<String, String>();
        immediate
                .getHeaders()
                .getSetHeadersList()
                .forEach(option -> headers.put(
                        option.getHeader().getKey(),
                        option.getHeader().getRawValue().toStringUtf8()));
        assertThat(headers)
                .containsEntry("content-type", "application/json")
                .containsEntry(Refusal.REASON_HEADER, words[1]);
        assertThat(immediate.getBody().toStringUtf8())
                .startsWith(words.length > 2 && words[2].startsWith("{") ? words[2] : "{\"error\":{\"message\":\"")
                .contains(words.length > 2 ? words[2] : "");
        assertThat(immediate.getDetails()).isEqualTo("kvasir_" + words[1].replace('-', '_'));
    }

    private void requestHeaders(String rest) {
        var answer = answer();
        assertThat(answer.hasRequestHeaders()).as("request headers: %s", answer).isTrue();
        var common = answer.getRequestHeaders().getResponse();
        if (rest.equals("pass")) {
            assertThat(common).isEqualTo(CommonResponse.getDefaultInstance());
        } else {
            pick(answer, common, rest);
        }
    }

    /** {@code pick [destination] [prefiller ip:port] [encoders list] [asks path] [removes name,name]}. */
    private static void pick(ProcessingResponse answer, CommonResponse common, String rest) {
        var destinations = set(common, Names.DESTINATION);
        assertThat(destinations).hasSize(1);
        assertThat(answer.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow(Names.DESTINATION)
                        .getStringValue())
                .as("metadata equals header")
                .isEqualTo(destinations.getFirst());
        var words = List.of(rest.split(" ", -1));
        int prefiller = words.indexOf("prefiller");
        int encoders = words.indexOf("encoders");
        int removes = words.indexOf("removes");
        int asks = words.indexOf("asks");
        assertThat(set(common, ":path")).isEqualTo(asks < 0 ? List.of() : List.of(words.get(asks + 1)));
        if (words.size() > 1 && prefiller != 1 && encoders != 1 && removes != 1 && asks != 1) {
            assertThat(destinations.getFirst()).isEqualTo(words.get(1));
        }
        assertThat(set(common, Names.PREFILLER))
                .isEqualTo(prefiller < 0 ? List.of() : List.of(words.get(prefiller + 1)));
        assertThat(set(common, Names.ENCODERS)).isEqualTo(encoders < 0 ? List.of() : List.of(words.get(encoders + 1)));
        assertThat(common.getHeaderMutation().getRemoveHeadersList())
                .containsExactlyInAnyOrder(
                        removes < 0 ? new String[0] : words.get(removes + 1).split(",", -1));
    }

    /** The values that a request header is set to, each whatever was there. */
    private static List<String> set(CommonResponse common, String name) {
        var values = new ArrayList<String>();
        for (var option : common.getHeaderMutation().getSetHeadersList()) {
            if (option.getHeader().getKey().equals(name)) {
                assertThat(option.getHeader().getValue()).isEmpty();
                assertThat(option.getAppendAction().name()).isEqualTo("OVERWRITE_IF_EXISTS_OR_ADD");
                values.add(option.getHeader().getRawValue().toStringUtf8());
            }
        }
        return values;
    }

    private static void header(HeaderMutation mutation, String rest) {
        if (rest.equals("pass")) {
            assertThat(mutation).isEqualTo(HeaderMutation.getDefaultInstance());
            return;
        }
        var found = new ArrayList<String>();
        mutation.getSetHeadersList()
                .forEach(option -> found.add(option.getHeader().getKey() + "="
                        + option.getHeader().getRawValue().toStringUtf8()));
        mutation.getRemoveHeadersList().forEach(name -> found.add("-" + name));
        assertThat(String.join(" ", found)).isEqualTo(rest);
    }

    /**
     * {@code echo [eos]}, {@code echo eos TEXT}, {@code chunk [eos] [TEXT]}, {@code pass}, {@code pick …}, {@code replaced
     * TEXT}, {@code corrected TEXT}.
     */
    private void body(Direction direction, String... words) {
        switch (words[0]) {
            case "echo" -> echo(direction, words.length > 1 ? words[1] : "");
            case "pass" -> assertThat(common(direction)).isEqualTo(CommonResponse.getDefaultInstance());
            case "chunk" -> chunk(direction, words.length > 1 ? words[1] : "");
            case "replaced" -> replaced(direction, words.length > 1 ? words[1] : "", false);
            case "corrected" -> replaced(direction, words[1], true);
            case "pick" -> {
                var answer = answer();
                assertThat(answer.hasRequestBody())
                        .as("request body: %s", answer)
                        .isTrue();
                pick(answer, answer.getRequestBody().getResponse(), String.join(" ", words));
            }
            default -> throw new AssertionError("no expectation: " + words[0]);
        }
    }

    /** A body message is replaced, and its length is told along with it or is not. */
    private void replaced(Direction direction, String text, boolean measured) {
        var common = common(direction);
        assertThat(common.getBodyMutation().hasBody()).isTrue();
        assertThat(common.getBodyMutation().getBody().toStringUtf8()).isEqualTo(payload(text));
        assertThat(common.getHeaderMutation().getSetHeadersList().stream()
                        .filter(option -> option.getHeader().getKey().equals("content-length"))
                        .map(option -> option.getHeader().getRawValue().toStringUtf8())
                        .toList())
                .isEqualTo(
                        measured
                                ? List.of(String.valueOf(
                                        common.getBodyMutation().getBody().size()))
                                : List.of());
    }

    /** The next chunk is just that. */
    private void chunk(Direction direction, String rest) {
        boolean end = rest.equals("eos") || rest.startsWith("eos ");
        var mutation = common(direction).getBodyMutation();
        assertThat(mutation.hasStreamedResponse()).isTrue();
        var streamed = mutation.getStreamedResponse();
        assertThat(streamed.getBody().toStringUtf8())
                .isEqualTo(payload(end ? rest.substring(3).strip() : rest));
        assertThat(streamed.getEndOfStream()).as("the end of the body").isEqualTo(end);
    }

    private CommonResponse common(Direction direction) {
        var answer = answer();
        assertThat(direction == Direction.REQUEST ? answer.hasRequestBody() : answer.hasResponseBody())
                .as("body of the %s: %s", direction, answer)
                .isTrue();
        return direction == Direction.REQUEST
                ? answer.getRequestBody().getResponse()
                : answer.getResponseBody().getResponse();
    }

    /** Everything sent so far, or the given text, comes back in chunks of which none is too long. */
    private void echo(Direction direction, String rest) {
        boolean end = rest.equals("eos") || rest.startsWith("eos ");
        String text = end ? rest.substring(3).strip() : rest;
        var got = bodies(direction).echoed;
        byte[] expected = text.isEmpty()
                ? bodies(direction).sent.toByteArray()
                : payload(text).getBytes(UTF_8);
        boolean ended;
        do {
            var mutation = common(direction).getBodyMutation();
            assertThat(mutation.hasStreamedResponse()).isTrue();
            var streamed = mutation.getStreamedResponse();
            assertThat(streamed.getBody().size()).isLessThanOrEqualTo(PickerMessage.MAX_CHUNK);
            got.writeBytes(streamed.getBody().toByteArray());
            ended = streamed.getEndOfStream();
        } while (!ended && got.size() < expected.length);
        assertThat(ended).as("the end of the body").isEqualTo(end);
        assertThat(got.toString(UTF_8)).isEqualTo(new String(expected, UTF_8));
    }
}
