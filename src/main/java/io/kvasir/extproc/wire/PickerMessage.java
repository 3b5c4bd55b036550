package io.kvasir.extproc.wire;

import io.kvasir.extproc.wire.proto.BodyResponse;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.HeadersResponse;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.TrailersResponse;

/** One message that the picker sends to a proxy. */
public sealed interface PickerMessage {
    /** Most body bytes in one streamed message; data planes refuse messages above 64 KiB. */
    int MAX_CHUNK = 62_000;

    /**
     * A piece of a body in full duplex mode.
     *
     * @param length bytes of it, at most {@link #MAX_CHUNK}
     * @param end whether the body ends with it; false where trailers follow
     */
    @SuppressWarnings("ArrayRecordComponent") // shared on purpose: the bytes go out as they came
    record Chunk(Direction direction, byte[] array, int offset, int length, boolean end) implements PickerMessage {}

    /** Everything else, as a generated message. */
    record Built(ProcessingResponse response) implements PickerMessage {}

    /** Headers of one direction pass as they are. */
    static PickerMessage headersPass(Direction direction) {
        return direction == Direction.REQUEST ? Constants.REQUEST_HEADERS : Constants.RESPONSE_HEADERS;
    }

    /** A body message passes as it is; not in full duplex mode. */
    static PickerMessage bodyPasses(Direction direction) {
        return direction == Direction.REQUEST ? Constants.REQUEST_BODY : Constants.RESPONSE_BODY;
    }

    /** Trailers of one direction pass as they are. */
    static PickerMessage trailersPass(Direction direction) {
        return direction == Direction.REQUEST ? Constants.REQUEST_TRAILERS : Constants.RESPONSE_TRAILERS;
    }

    /** An answer to headers of one direction. */
    static PickerMessage headers(Direction direction, CommonResponse common) {
        var answer = HeadersResponse.newBuilder().setResponse(common);
        var response = ProcessingResponse.newBuilder();
        return new Built((direction == Direction.REQUEST
                        ? response.setRequestHeaders(answer)
                        : response.setResponseHeaders(answer))
                .build());
    }

    /** An answer to a body message of one direction; not in full duplex mode. */
    static PickerMessage body(Direction direction, CommonResponse common) {
        var answer = BodyResponse.newBuilder().setResponse(common);
        var response = ProcessingResponse.newBuilder();
        return new Built(
                (direction == Direction.REQUEST ? response.setRequestBody(answer) : response.setResponseBody(answer))
                        .build());
    }

    /** Answers that say nothing, made once. */
    final class Constants {
        private static final PickerMessage REQUEST_HEADERS =
                headers(Direction.REQUEST, CommonResponse.getDefaultInstance());
        private static final PickerMessage RESPONSE_HEADERS =
                headers(Direction.RESPONSE, CommonResponse.getDefaultInstance());
        private static final PickerMessage REQUEST_BODY = body(Direction.REQUEST, CommonResponse.getDefaultInstance());
        private static final PickerMessage RESPONSE_BODY =
                body(Direction.RESPONSE, CommonResponse.getDefaultInstance());
        private static final PickerMessage REQUEST_TRAILERS = new Built(ProcessingResponse.newBuilder()
                .setRequestTrailers(TrailersResponse.getDefaultInstance())
                .build());
        private static final PickerMessage RESPONSE_TRAILERS = new Built(ProcessingResponse.newBuilder()
                .setResponseTrailers(TrailersResponse.getDefaultInstance())
                .build());

        private Constants() {}
    }
}
