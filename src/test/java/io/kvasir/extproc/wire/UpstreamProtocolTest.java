package io.kvasir.extproc.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.BaseProto;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingModeProto;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.envoyproxy.envoy.type.v3.HttpStatusProto;
import io.grpc.health.v1.HealthProto;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.HeaderMutation;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HeaderValueOption;
import io.kvasir.extproc.wire.proto.HeaderValueOption.HeaderAppendAction;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HttpStatus;
import io.kvasir.extproc.wire.proto.ImmediateResponse;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Our slim copies of Envoy's and gRPC's protocol files say the same as the originals, of which others made classes. */
class UpstreamProtocolTest {
    private static final List<Descriptor> UPSTREAM = Stream.of(
                    ProcessingRequest.getDescriptor().getFile(),
                    BaseProto.getDescriptor(),
                    HttpStatusProto.getDescriptor(),
                    ProcessingModeProto.getDescriptor(),
                    HealthProto.getDescriptor())
            .flatMap(file -> file.getMessageTypes().stream())
            .toList();

    /** Added to Envoy after the version that we compare with, and never sent by us; their numbers must be free there. */
    private static final Set<String> NEWER =
            Set.of("HttpBody.end_of_stream_without_message", "HttpBody.grpc_message_compressed", "BodySendMode.GRPC");

    private final ProxyMessageCodec fromProxy = new ProxyMessageCodec(1 << 20);
    private final PickerMessageCodec toProxy = new PickerMessageCodec();

    @TestFactory
    Stream<DynamicTest> everyMessageIsUpstreams() {
        return Stream.of(
                        io.kvasir.extproc.wire.proto.ProcessingRequest.getDescriptor()
                                .getFile(),
                        HealthCheckRequest.getDescriptor().getFile())
                .flatMap(file -> file.getMessageTypes().stream())
                .map(ours -> DynamicTest.dynamicTest(ours.getName(), () -> assertSame(ours, upstream(ours.getName()))));
    }

    private static Descriptor upstream(String name) {
        var found = UPSTREAM.stream()
                .filter(message -> message.getName().equals(name))
                .toList();
        assertThat(found).as(name).hasSize(1);
        return found.getFirst();
    }

    private static void assertSame(Descriptor ours, Descriptor theirs) {
        for (FieldDescriptor field : ours.getFields()) {
            String name = ours.getName() + "." + field.getName();
            var original = theirs.findFieldByNumber(field.getNumber());
            if (NEWER.contains(name)) {
                assertThat(original).as(name).isNull();
                continue;
            }
            assertThat(original).as(name).isNotNull();
            assertThat(original.getName()).as(name).isEqualTo(field.getName());
            assertThat(original.isRepeated()).as(name).isEqualTo(field.isRepeated());
            assertThat(original.isMapField()).as(name).isEqualTo(field.isMapField());
            assertThat(oneof(original)).as(name).isEqualTo(oneof(field));
            if (name.equals("HttpStatus.code")) {
                // an enum of status codes; codes outside it travel as well
                assertThat(original.getType()).isEqualTo(FieldDescriptor.Type.ENUM);
                assertThat(field.getType()).isEqualTo(FieldDescriptor.Type.INT32);
                continue;
            }
            assertThat(original.getType()).as(name).isEqualTo(field.getType());
            if (field.getType() == FieldDescriptor.Type.ENUM) {
                assertSame(field.getEnumType(), original.getEnumType());
            } else if (field.isMapField()) {
                assertSame(field.getMessageType(), original.getMessageType());
            } else if (field.getType() == FieldDescriptor.Type.MESSAGE) {
                assertThat(original.getMessageType().getName())
                        .as(name)
                        .isEqualTo(field.getMessageType().getName());
            }
        }
    }

    private static String oneof(FieldDescriptor field) {
        return field.getContainingOneof() == null
                ? ""
                : field.getContainingOneof().getName();
    }

    private static void assertSame(EnumDescriptor ours, EnumDescriptor theirs) {
        for (var value : ours.getValues()) {
            String name = ours.getName() + "." + value.getName();
            var original = theirs.findValueByNumber(value.getNumber());
            if (NEWER.contains(name)) {
                assertThat(original).as(name).isNull();
            } else {
                assertThat(original).as(name).isNotNull();
                assertThat(original.getName()).as(name).isEqualTo(value.getName());
            }
        }
    }

    @Test
    void theMethodIsUpstreams() {
        var theirs = ExternalProcessorGrpc.getProcessMethod();
        assertThat(ExternalProcessor.PROCESS.getFullMethodName()).isEqualTo(theirs.getFullMethodName());
        assertThat(ExternalProcessor.PROCESS.getType()).isEqualTo(theirs.getType());
        assertThat(ExternalProcessor.SERVICE).isEqualTo(ExternalProcessorGrpc.SERVICE_NAME);
    }

    @Test
    void whatAProxySendsIsReadAsItWasMeant() throws IOException {
        var metadata = io.envoyproxy.envoy.config.core.v3.Metadata.newBuilder()
                .putFilterMetadata("envoy.lb", struct())
                .build();
        var theirs = ProcessingRequest.newBuilder()
                .setRequestHeaders(io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders.newBuilder()
                        .setEndOfStream(true)
                        .setHeaders(io.envoyproxy.envoy.config.core.v3.HeaderMap.newBuilder()
                                .addHeaders(io.envoyproxy.envoy.config.core.v3.HeaderValue.newBuilder()
                                        .setKey(":path")
                                        .setRawValue(ByteString.copyFromUtf8("/v1/models")))
                                .addHeaders(io.envoyproxy.envoy.config.core.v3.HeaderValue.newBuilder()
                                        .setKey("x")
                                        .setValue("y"))))
                .putAttributes("a", struct())
                .setMetadataContext(metadata)
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(ProcessingMode.BodySendMode.FULL_DUPLEX_STREAMED)
                        .setResponseBodyMode(ProcessingMode.BodySendMode.BUFFERED_PARTIAL)
                        .setSendBodyWithoutWaitingForHeaderResponse(true))
                .build();
        var headers = (ProxyMessage.Headers) fromProxy.parse(in(theirs.toByteArray()));
        assertThat(headers.direction()).isEqualTo(Direction.REQUEST);
        assertThat(headers.headers().getEndOfStream()).isTrue();
        assertThat(headers.headers().getHeaders().getHeadersList())
                .containsExactly(
                        HeaderValue.newBuilder()
                                .setKey(":path")
                                .setRawValue(ByteString.copyFromUtf8("/v1/models"))
                                .build(),
                        HeaderValue.newBuilder().setKey("x").setValue("y").build());
        assertThat(headers.metadata().getFilterMetadataOrThrow("envoy.lb")).isEqualTo(struct());
        var modes = Objects.requireNonNull(headers.modes());
        assertThat(modes.getRequestBodyMode()).isEqualTo(BodySendMode.FULL_DUPLEX_STREAMED);
        assertThat(modes.getResponseBodyMode()).isEqualTo(BodySendMode.BUFFERED_PARTIAL);

        for (boolean end : new boolean[] {false, true}) {
            var body = HttpBody.newBuilder()
                    .setBody(ByteString.copyFromUtf8("abc"))
                    .setEndOfStream(end);
            for (var message : List.of(
                    ProcessingRequest.newBuilder().setRequestBody(body),
                    ProcessingRequest.newBuilder().setResponseBody(body))) {
                byte[] bytes = message.setMetadataContext(metadata)
                        .setObservabilityMode(end)
                        .build()
                        .toByteArray();
                var read = (ProxyMessage.Body) fromProxy.parse(in(bytes));
                assertThat(new String(read.array(), read.offset(), read.length(), UTF_8))
                        .isEqualTo("abc");
                assertThat(read.end()).isEqualTo(end);
                assertThat(read.observed()).isEqualTo(end);
                assertThat(read.direction())
                        .isEqualTo(message.hasRequestBody() ? Direction.REQUEST : Direction.RESPONSE);
            }
        }
        assertThat(fromProxy.parse(in(ProcessingRequest.newBuilder()
                        .setRequestTrailers(HttpTrailers.getDefaultInstance())
                        .build()
                        .toByteArray())))
                .isEqualTo(new ProxyMessage.Trailers(Direction.REQUEST, false));
    }

    @Test
    void whatThePickerSendsIsReadAsItIsMeant() throws IOException {
        byte[] body = {1, 2, 3, 4, 5};
        var chunk = read(new PickerMessage.Chunk(Direction.RESPONSE, body, 1, 3, true));
        var streamed = chunk.getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
        assertThat(streamed.getBody().toByteArray()).containsExactly(2, 3, 4);
        assertThat(streamed.getEndOfStream()).isTrue();
        assertThat(read(new PickerMessage.Chunk(Direction.REQUEST, body, 0, 0, false))
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .hasStreamedResponse())
                .isTrue();

        var common = CommonResponse.newBuilder()
                .setHeaderMutation(HeaderMutation.newBuilder()
                        .addRemoveHeaders("gone")
                        .addSetHeaders(HeaderValueOption.newBuilder()
                                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                                .setHeader(HeaderValue.newBuilder()
                                        .setKey("k")
                                        .setRawValue(ByteString.copyFromUtf8("v")))))
                .build();
        var mutation = read(PickerMessage.headers(Direction.REQUEST, common))
                .getRequestHeaders()
                .getResponse()
                .getHeaderMutation();
        assertThat(mutation.getRemoveHeadersList()).containsExactly("gone");
        assertThat(mutation.getSetHeaders(0).getHeader().getRawValue().toStringUtf8())
                .isEqualTo("v");
        assertThat(mutation.getSetHeaders(0).getAppendAction().name()).isEqualTo("OVERWRITE_IF_EXISTS_OR_ADD");
        assertThat(read(PickerMessage.trailersPass(Direction.RESPONSE)).hasResponseTrailers())
                .isTrue();

        var refusal = read(new PickerMessage.Built(io.kvasir.extproc.wire.proto.ProcessingResponse.newBuilder()
                .setDynamicMetadata(struct())
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCode(503))
                        .setBody(ByteString.copyFromUtf8("{}"))
                        .setDetails("why"))
                .build()));
        assertThat(refusal.getImmediateResponse().getStatus().getCodeValue()).isEqualTo(503);
        assertThat(refusal.getImmediateResponse().getBody().toStringUtf8()).isEqualTo("{}");
        assertThat(refusal.getImmediateResponse().getDetails()).isEqualTo("why");
        assertThat(refusal.getDynamicMetadata()).isEqualTo(struct());
    }

    private ProcessingResponse read(PickerMessage message) throws IOException {
        return ProcessingResponse.parseFrom(toProxy.stream(message));
    }

    private static Struct struct() {
        return Struct.newBuilder()
                .putFields("k", Value.newBuilder().setStringValue("v").build())
                .build();
    }

    private static InputStream in(byte[] bytes) {
        return new ByteArrayInputStream(bytes);
    }
}
