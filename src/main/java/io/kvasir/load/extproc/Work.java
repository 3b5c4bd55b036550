package io.kvasir.load.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages of one request, the same for all: a chat body in chunks as Envoy cuts it, and a streamed answer.
 *
 * @param request headers, body chunks, and the empty chunk that ends the body
 * @param responseHeaders the head of the answer
 * @param responseChunk one event of the answer
 * @param responseEnd the empty chunk that ends the answer
 * @param body the request's body
 * @param event bytes of {@code responseChunk}
 */
record Work(
        List<ProxyMessage> request,
        ProxyMessage responseHeaders,
        ProxyMessage responseChunk,
        ProxyMessage responseEnd,
        ByteString body,
        ByteString event) {
    private static final int ENVOY_CHUNK = 32_768;
    private static final String EVENT =
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                    + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"logprobs\":null,"
                    + "\"finish_reason\":null}]}\n\n";

    /** A request with a body of that many bytes, at least 100. Clients differ in the beginning of their prompts. */
    static Work of(int bodyBytes, int client) {
        String head = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + client + " ";
        String tail = "\"}]}";
        var text = new StringBuilder(head);
        for (int i = 0; text.length() < bodyBytes - tail.length(); i++) {
            text.append("word").append(i * 31L % 977).append(' ');
        }
        text.setLength(bodyBytes - tail.length());
        byte[] body = text.append(tail).toString().getBytes(UTF_8);
        var request = new ArrayList<ProxyMessage>();
        request.add(new ProxyMessage.Headers(
                Direction.REQUEST,
                headers(
                        ":authority",
                        "gateway",
                        ":path",
                        "/v1/chat/completions",
                        ":method",
                        "POST",
                        ":scheme",
                        "http",
                        "user-agent",
                        "load-test",
                        "accept",
                        "*/*",
                        "content-type",
                        "application/json",
                        "content-length",
                        String.valueOf(bodyBytes),
                        "x-forwarded-proto",
                        "http",
                        "x-request-id",
                        "1506b9a1-8706-49de-93fd-4f309b00dfdf"),
                Metadata.getDefaultInstance(),
                ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                        .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                        .build(),
                false));
        for (int at = 0; at < body.length; at += ENVOY_CHUNK) {
            request.add(new ProxyMessage.Body(
                    Direction.REQUEST, body, at, Math.min(ENVOY_CHUNK, body.length - at), false, false));
        }
        request.add(new ProxyMessage.Body(Direction.REQUEST, body, 0, 0, true, false));
        byte[] event = EVENT.getBytes(UTF_8);
        return new Work(
                request,
                new ProxyMessage.Headers(
                        Direction.RESPONSE,
                        headers(":status", "200", "content-type", "text/event-stream", "transfer-encoding", "chunked"),
                        Metadata.getDefaultInstance(),
                        null,
                        false),
                new ProxyMessage.Body(Direction.RESPONSE, event, 0, event.length, false, false),
                new ProxyMessage.Body(Direction.RESPONSE, event, 0, 0, true, false),
                UnsafeByteOperations.unsafeWrap(body),
                UnsafeByteOperations.unsafeWrap(event));
    }

    /** Whether a response, which is one event over and over, has that piece at that place. */
    boolean isResponse(int offset, ByteString piece) {
        int at = offset % event.size();
        for (int i = 0; i < piece.size(); ) {
            int length = Math.min(event.size() - at, piece.size() - i);
            if (!event.substring(at, at + length).equals(piece.substring(i, i + length))) {
                return false;
            }
            i += length;
            at = 0;
        }
        return true;
    }

    private static HttpHeaders headers(String... namesAndValues) {
        var map = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return HttpHeaders.newBuilder().setHeaders(map).build();
    }
}
