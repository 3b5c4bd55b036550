package io.kvasir.extproc.wire;

import com.google.protobuf.UnsafeByteOperations;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.HttpTrailers;
import io.kvasir.extproc.wire.proto.ProcessingRequest;

/** Writes what a proxy would send; the side of the protocol that load tests and dialogues play. */
final class ProxyMessageWriter {
    private ProxyMessageWriter() {}

    static byte[] bytes(ProxyMessage message) {
        var request = ProcessingRequest.newBuilder().setObservabilityMode(message.observed());
        switch (message) {
            case ProxyMessage.Headers m -> {
                if (m.direction() == Direction.REQUEST) {
                    request.setRequestHeaders(m.headers());
                } else {
                    request.setResponseHeaders(m.headers());
                }
                request.setMetadataContext(m.metadata());
                if (m.modes() != null) {
                    request.setProtocolConfig(m.modes());
                }
            }
            case ProxyMessage.Body m -> {
                var body = HttpBody.newBuilder()
                        .setBody(UnsafeByteOperations.unsafeWrap(m.array(), m.offset(), m.length()))
                        .setEndOfStream(m.end());
                if (m.direction() == Direction.REQUEST) {
                    request.setRequestBody(body);
                } else {
                    request.setResponseBody(body);
                }
            }
            case ProxyMessage.Trailers m -> {
                if (m.direction() == Direction.REQUEST) {
                    request.setRequestTrailers(HttpTrailers.getDefaultInstance());
                } else {
                    request.setResponseTrailers(HttpTrailers.getDefaultInstance());
                }
            }
            case ProxyMessage.Unknown _ -> {}
            case ProxyMessage.TooLong _, ProxyMessage.Unreadable _ ->
                throw new IllegalArgumentException("not a message to be sent: " + message);
        }
        return request.build().toByteArray();
    }
}
