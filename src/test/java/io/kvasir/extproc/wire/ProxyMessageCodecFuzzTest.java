package io.kvasir.extproc.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.HttpTrailers;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import java.io.ByteArrayInputStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a message of a gateway. */
class ProxyMessageCodecFuzzTest {
    private static final int MOST = 1 << 20;

    static Stream<byte[]> messages() {
        return Stream.of(
                        ProcessingRequest.newBuilder()
                                .setRequestHeaders(HttpHeaders.newBuilder()
                                        .setHeaders(HeaderMap.newBuilder()
                                                .addHeaders(HeaderValue.newBuilder()
                                                        .setKey(":path")
                                                        .setRawValue(ByteString.copyFromUtf8("/v1/models"))))
                                        .setEndOfStream(true)),
                        ProcessingRequest.newBuilder()
                                .setRequestBody(
                                        HttpBody.newBuilder().setBody(ByteString.copyFromUtf8("{\"model\":\"a\"}"))),
                        ProcessingRequest.newBuilder()
                                .setResponseBody(HttpBody.newBuilder().setEndOfStream(true))
                                .setObservabilityMode(true),
                        ProcessingRequest.newBuilder().setResponseTrailers(HttpTrailers.getDefaultInstance()))
                .map(message -> message.build().toByteArray());
    }

    @MethodSource("messages")
    @FuzzTest
    void aMessageIsReadOrUnreadableAndABodyIsARangeOfIt(byte[] bytes) {
        var message = new ProxyMessageCodec(MOST).parse(new ByteArrayInputStream(bytes));

        if (message instanceof ProxyMessage.Body body) {
            assertThat(body.offset()).isNotNegative();
            assertThat(body.length()).isBetween(0, body.array().length - body.offset());
        }
        if (readable(bytes)) {
            assertThat(message).isNotInstanceOf(ProxyMessage.Unreadable.class);
        }
    }

    private static boolean readable(byte[] bytes) {
        try {
            return ProcessingRequest.parseFrom(bytes).isInitialized();
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }
}
