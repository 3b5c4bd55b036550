package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;

/** Messages of proxies, as tests need them. */
public final class Messages {
    public static final ProtocolConfiguration DUPLEX =
            modes(BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.FULL_DUPLEX_STREAMED);

    private Messages() {}

    public static ProtocolConfiguration modes(BodySendMode request, BodySendMode response) {
        return ProtocolConfiguration.newBuilder()
                .setRequestBodyMode(request)
                .setResponseBodyMode(response)
                .build();
    }

    public static HttpHeaders headers(boolean end, String... namesAndValues) {
        var map = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return HttpHeaders.newBuilder().setHeaders(map).setEndOfStream(end).build();
    }

    /** The head of a chat request in full duplex mode. */
    static ProxyMessage chatHead() {
        return new ProxyMessage.Headers(
                Direction.REQUEST,
                headers(false, ":method", "POST", ":path", "/v1/chat/completions"),
                Metadata.getDefaultInstance(),
                DUPLEX,
                false);
    }

    public static ProxyMessage requestBody(String text, boolean end) {
        return body(Direction.REQUEST, text, end);
    }

    public static ProxyMessage body(Direction direction, String text, boolean end) {
        byte[] bytes = text.getBytes(UTF_8);
        return new ProxyMessage.Body(direction, bytes, 0, bytes.length, end, false);
    }

    static ProxyMessage responseHead(int status, String type) {
        return new ProxyMessage.Headers(
                Direction.RESPONSE,
                headers(false, ":status", String.valueOf(status), "content-type", type),
                Metadata.getDefaultInstance(),
                null,
                false);
    }

    /** A chat body of exactly that many bytes, at least 60. */
    static String chat(int bytes) {
        String head = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
        String tail = "\"}]}";
        return head + "x".repeat(bytes - head.length() - tail.length()) + tail;
    }

    /** A JSON object of exactly that many bytes, 2 or at least 9. */
    static String json(int bytes) {
        return bytes == 2 ? "{}" : "{\"p\":\"" + "x".repeat(bytes - 8) + "\"}";
    }

    /** The endpoint that the answer to a request names; {@code none} where it names none. */
    static String picked(ProcessingResponse answer) {
        var common = answer.hasRequestBody()
                ? answer.getRequestBody().getResponse()
                : answer.getRequestHeaders().getResponse();
        return common.getHeaderMutation().getSetHeadersList().stream()
                .filter(header -> header.getHeader().getKey().equals("x-gateway-destination-endpoint"))
                .map(header -> header.getHeader().getRawValue().toStringUtf8())
                .findFirst()
                .orElse("none");
    }
}
