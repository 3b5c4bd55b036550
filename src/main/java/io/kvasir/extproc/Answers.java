package io.kvasir.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.Value;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.proto.BodyMutation;
import io.kvasir.extproc.wire.proto.BodyResponse;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.HeaderMutation;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HeaderValueOption;
import io.kvasir.extproc.wire.proto.HeaderValueOption.HeaderAppendAction;
import io.kvasir.extproc.wire.proto.HeadersResponse;
import io.kvasir.extproc.wire.proto.HttpStatus;
import io.kvasir.extproc.wire.proto.ImmediateResponse;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers that carry a pick or change headers. */
final class Answers {
    private static final String CONTENT_LENGTH = "content-length";

    private Answers() {}

    /** A header to be set, whatever was there. The raw field only: Envoy refuses a header that has both. */
    static HeaderValueOption header(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }

    /**
     * A refusal, the last message of its stream. It goes out as an immediate response, which reaches the client in fail-open
     * and fail-close gateways alike; a gRPC error would make a fail-open gateway go around the picker.
     */
    static PickerMessage refusal(Refusal refusal, ErrorShape shape, @Nullable String requestId) {
        var headers = HeaderMutation.newBuilder();
        refusal.forEachHeader((name, value) -> headers.addSetHeaders(header(name, value)));
        return new PickerMessage.Built(ProcessingResponse.newBuilder()
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCode(refusal.status()))
                        .setHeaders(headers)
                        .setBody(ByteString.copyFromUtf8(refusal.json(shape, requestId)))
                        .setDetails("kvasir_" + refusal.reason().header().replace('-', '_')))
                .build());
    }

    /**
     * The pick, in an answer to the headers.
     *
     * @param lengthChanges whether the body will be longer or shorter than the client said
     */
    static PickerMessage pickAtHeaders(Pick pick, RequestHead head, StreamSettings settings, boolean lengthChanges) {
        var mutation = mutation(pick, head, settings);
        if (lengthChanges) {
            mutation.addRemoveHeaders(CONTENT_LENGTH);
        }
        return new PickerMessage.Built(ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(mutation)))
                .setDynamicMetadata(metadata(pick, settings))
                .build());
    }

    /**
     * The pick, in an answer to a buffered body, the only kind of body answer in which Envoy takes headers.
     *
     * @param body the new body; null to leave it
     */
    static PickerMessage pickAtBody(Pick pick, RequestHead head, StreamSettings settings, byte @Nullable [] body) {
        var mutation = mutation(pick, head, settings);
        if (body != null && head.measured()) {
            mutation.addSetHeaders(contentLength(body));
        }
        var common = CommonResponse.newBuilder().setHeaderMutation(mutation);
        if (body != null) {
            common.setBodyMutation(bodyMutation(body));
        }
        return new PickerMessage.Built(ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(common))
                .setDynamicMetadata(metadata(pick, settings))
                .build());
    }

    /**
     * A replaced body, in an answer to a body message of a mode that is not full duplex.
     *
     * @param measured whether its length is to be set along with it, which only buffered bodies allow
     */
    static PickerMessage replacedBody(Direction direction, byte[] body, boolean measured) {
        var common = CommonResponse.newBuilder().setBodyMutation(bodyMutation(body));
        if (measured) {
            common.setHeaderMutation(HeaderMutation.newBuilder().addSetHeaders(contentLength(body)));
        }
        return PickerMessage.body(direction, common.build());
    }

    private static BodyMutation bodyMutation(byte[] body) {
        return BodyMutation.newBuilder()
                .setBody(UnsafeByteOperations.unsafeWrap(body))
                .build();
    }

    private static HeaderValueOption contentLength(byte[] body) {
        return header(CONTENT_LENGTH, String.valueOf(body.length));
    }

    /** Response headers whose body will change its length, or with headers added. */
    static PickerMessage responseHeaders(boolean lengthChanges, List<HeaderValueOption> added) {
        var mutation = HeaderMutation.newBuilder();
        if (lengthChanges) {
            mutation.addRemoveHeaders(CONTENT_LENGTH);
        }
        mutation.addAllSetHeaders(added);
        return PickerMessage.headers(
                Direction.RESPONSE,
                CommonResponse.newBuilder().setHeaderMutation(mutation).build());
    }

    private static HeaderMutation.Builder mutation(Pick pick, RequestHead head, StreamSettings settings) {
        var mutation = HeaderMutation.newBuilder().addSetHeaders(header(Names.DESTINATION, pick.destination()));
        if (pick.prefiller() != null) {
            mutation.addSetHeaders(header(Names.PREFILLER, pick.prefiller()));
        }
        if (pick.encoders() != null) {
            mutation.addSetHeaders(header(Names.ENCODERS, pick.encoders()));
        }
        if (pick.rank() != null) {
            mutation.addSetHeaders(header(Names.RANK, pick.rank()));
        }
        if (head.unslashed() != null) {
            mutation.addSetHeaders(header(":path", head.unslashed()));
        }
        var trace = pick.booking().trace();
        if (trace != null) {
            trace.propagate((name, value) -> mutation.addSetHeaders(header(name, value)));
        }
        for (String name : head.removed()) {
            // the suite's backend compares what it gets with what was sent
            boolean suites = settings.conformance() && name.equalsIgnoreCase(Names.TEST_SELECTION);
            if (!suites
                    && !name.equals(Names.DESTINATION)
                    && !(name.equals(Names.PREFILLER) && pick.prefiller() != null)
                    && !(name.equals(Names.ENCODERS) && pick.encoders() != null)
                    && !(name.equals(Names.RANK) && pick.rank() != null)) {
                mutation.addRemoveHeaders(name);
            }
        }
        return mutation;
    }

    private static Struct metadata(Pick pick, StreamSettings settings) {
        var destination = Value.newBuilder().setStringValue(pick.destination());
        var namespace = Struct.newBuilder().putFields(Names.DESTINATION, destination.build());
        if (settings.emitScores()) {
            namespace.putFields(
                    Names.SCORES,
                    Value.newBuilder().setStructValue(scores(pick)).build());
        }
        return Struct.newBuilder()
                .putFields(
                        settings.metadataNamespace(),
                        Value.newBuilder().setStructValue(namespace).build())
                .build();
    }

    private static Struct scores(Pick pick) {
        var scores = Struct.newBuilder();
        for (var scored : pick.booking().scores()) {
            // JSON, in which proxies log metadata, has no other numbers
            if (Double.isFinite(scored.score())) {
                var value = Value.newBuilder().setNumberValue(scored.score());
                scores.putFields(scored.endpoint().hostPort(), value.build());
            }
        }
        return scores.build();
    }
}
