package io.kvasir.extproc.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import io.grpc.KnownLength;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.HttpTrailers;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.Test;

class ProxyMessageCodecTest {
    private static final Metadata METADATA = Metadata.newBuilder()
            .putFilterMetadata(
                    "envoy.lb",
                    Struct.newBuilder()
                            .putFields(
                                    "k", Value.newBuilder().setStringValue("v").build())
                            .build())
            .build();
    private static final HttpHeaders HEADERS = HttpHeaders.newBuilder()
            .setHeaders(HeaderMap.newBuilder()
                    .addHeaders(HeaderValue.newBuilder()
                            .setKey(":path")
                            .setRawValue(ByteString.copyFromUtf8("/v1/models"))))
            .setEndOfStream(true)
            .build();

    private final ProxyMessageCodec codec = new ProxyMessageCodec(10_000);

    private ProxyMessage read(ProcessingRequest request) {
        return codec.parse(new ByteArrayInputStream(request.toByteArray()));
    }

    @Test
    void headersComeWithModesAndMetadata() {
        var modes = ProtocolConfiguration.newBuilder()
                .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                .build();
        var message = read(ProcessingRequest.newBuilder()
                .setRequestHeaders(HEADERS)
                .setMetadataContext(METADATA)
                .setProtocolConfig(modes)
                .build());
        assertThat(message).isEqualTo(new ProxyMessage.Headers(Direction.REQUEST, HEADERS, METADATA, modes, false));
    }

    @Test
    void responseHeadersWithoutMetadataHaveEmptyMetadata() {
        var message = read(ProcessingRequest.newBuilder()
                .setResponseHeaders(HEADERS)
                .setObservabilityMode(true)
                .build());
        assertThat(message)
                .isEqualTo(new ProxyMessage.Headers(
                        Direction.RESPONSE, HEADERS, Metadata.getDefaultInstance(), null, true));
    }

    @Test
    void bodiesAreRangesOfWhatWasReceived() {
        var message = (ProxyMessage.Body) read(ProcessingRequest.newBuilder()
                .setMetadataContext(METADATA)
                .setResponseBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8("data: x"))
                        .setEndOfStream(true))
                .build());
        assertThat(message.direction()).isEqualTo(Direction.RESPONSE);
        assertThat(message.end()).isTrue();
        assertThat(new String(message.array(), message.offset(), message.length(), UTF_8))
                .isEqualTo("data: x");
    }

    @Test
    void bodiesMayBeEmpty() {
        var message = (ProxyMessage.Body) read(ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder().setEndOfStream(true))
                .build());
        assertThat(message.length()).isZero();
        assertThat(message.end()).isTrue();
    }

    @Test
    void trailersAreToldApartByDirection() {
        assertThat(read(ProcessingRequest.newBuilder()
                        .setRequestTrailers(HttpTrailers.getDefaultInstance())
                        .build()))
                .isEqualTo(new ProxyMessage.Trailers(Direction.REQUEST, false));
        assertThat(read(ProcessingRequest.newBuilder()
                        .setResponseTrailers(HttpTrailers.getDefaultInstance())
                        .build()))
                .isEqualTo(new ProxyMessage.Trailers(Direction.RESPONSE, false));
    }

    @Test
    void unknownMessagesAndFieldsAreTolerated() {
        var fields = UnknownFieldSet.newBuilder()
                .addField(
                        777,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("new"))
                                .build())
                .build();
        assertThat(read(ProcessingRequest.newBuilder().setUnknownFields(fields).build()))
                .isEqualTo(new ProxyMessage.Unknown(false));
        assertThat(read(ProcessingRequest.newBuilder()
                        .setRequestTrailers(HttpTrailers.getDefaultInstance())
                        .setUnknownFields(fields)
                        .build()))
                .isEqualTo(new ProxyMessage.Trailers(Direction.REQUEST, false));
    }

    @Test
    void aFieldOfAnotherTypeIsAnUnknownOne() {
        // field 2, request headers, as a number
        assertThat(codec.parse(new ByteArrayInputStream(new byte[] {16, 61})))
                .isEqualTo(new ProxyMessage.Unknown(false));
    }

    @Test
    void everyCutOfAMessageIsUnreadableOrAShorterMessage() {
        byte[] whole = ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder().setBody(ByteString.copyFrom(new byte[300])))
                .setMetadataContext(METADATA)
                .build()
                .toByteArray();
        for (int n = 1; n < whole.length; n++) {
            byte[] cut = java.util.Arrays.copyOf(whole, n);
            assertThat(codec.parse(new ByteArrayInputStream(cut)))
                    .isInstanceOfAny(
                            ProxyMessage.Unreadable.class, ProxyMessage.Body.class, ProxyMessage.Unknown.class);
        }
        assertThat(codec.parse(new ByteArrayInputStream(new byte[] {34, 127})))
                .isInstanceOf(ProxyMessage.Unreadable.class);
    }

    @Test
    void aMessageLongerThanIsTakenIsLeftUnread() {
        byte[] longest = message(10_000);
        assertThat(codec.parse(new ByteArrayInputStream(longest))).isInstanceOf(ProxyMessage.Body.class);
        assertThat(codec.parse(new Known(longest))).isInstanceOf(ProxyMessage.Body.class);
        byte[] longer = message(10_001);
        // unpacked while it is read, so that its length is not known before
        var unpacking = new ByteArrayInputStream(longer);
        assertThat(codec.parse(unpacking)).isEqualTo(new ProxyMessage.TooLong());
        var known = new Known(longer);
        assertThat(codec.parse(known)).isEqualTo(new ProxyMessage.TooLong());
        assertThat(known.available()).isEqualTo(10_001);
    }

    private static byte[] message(int bytes) {
        byte[] message = ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder().setBody(ByteString.copyFrom(new byte[bytes - 6])))
                .build()
                .toByteArray();
        assertThat(message).hasSize(bytes);
        return message;
    }

    private static final class Known extends ByteArrayInputStream implements KnownLength {
        Known(byte[] bytes) {
            super(bytes);
        }
    }

    @Test
    void whatIsWrittenIsReadBack() {
        byte[] bytes = "abc".getBytes(UTF_8);
        var body = (ProxyMessage.Body)
                codec.parse(codec.stream(new ProxyMessage.Body(Direction.REQUEST, bytes, 1, 2, true, false)));
        assertThat(new String(body.array(), body.offset(), body.length(), UTF_8))
                .isEqualTo("bc");
        for (var message : new ProxyMessage[] {
            new ProxyMessage.Trailers(Direction.RESPONSE, true),
            new ProxyMessage.Headers(Direction.RESPONSE, HEADERS, METADATA, null, false),
            new ProxyMessage.Unknown(true)
        }) {
            assertThat(codec.parse(codec.stream(message))).isEqualTo(message);
        }
    }
}
