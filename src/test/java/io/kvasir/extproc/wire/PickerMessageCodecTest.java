package io.kvasir.extproc.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.kvasir.extproc.wire.proto.BodyMutation;
import io.kvasir.extproc.wire.proto.BodyResponse;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.StreamedBodyResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PickerMessageCodecTest {
    private final PickerMessageCodec codec = new PickerMessageCodec();

    @ParameterizedTest
    @CsvSource({
        "REQUEST, 0, false",
        "REQUEST, 0, true",
        "REQUEST, 1, false",
        "RESPONSE, 120, true",
        "REQUEST, 127, false",
        "RESPONSE, 128, true",
        "REQUEST, 16383, true",
        "RESPONSE, 16384, false",
        "REQUEST, 62000, true"
    })
    void chunksAreBytesOfTheGeneratedMessage(Direction direction, int length, boolean end) throws IOException {
        byte[] array = new byte[length + 5];
        for (int i = 0; i < array.length; i++) {
            array[i] = (byte) (i * 31);
        }
        var stream = codec.stream(new PickerMessage.Chunk(direction, array, 3, length, end));
        int known = stream.available();
        var out = new ByteArrayOutputStream();
        int drained = ((Drainable) stream).drainTo(out);

        var answer = BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(ByteString.copyFrom(array, 3, length))
                                        .setEndOfStream(end))));
        var expected = ProcessingResponse.newBuilder();
        if (direction == Direction.REQUEST) {
            expected.setRequestBody(answer);
        } else {
            expected.setResponseBody(answer);
        }
        assertThat(out.toByteArray()).isEqualTo(expected.build().toByteArray());
        assertThat(stream).isInstanceOf(KnownLength.class);
        assertThat(drained).isEqualTo(known).isEqualTo(out.size());
    }

    @Test
    void messagesCanAlsoBeReadByteByByte() {
        var message = new PickerMessage.Chunk(Direction.REQUEST, new byte[] {1, 2, 3}, 0, 3, true);
        var read = (PickerMessage.Built) codec.parse(codec.stream(message));
        assertThat(read.response()
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getBody()
                        .toByteArray())
                .containsExactly(1, 2, 3);
    }

    @Test
    void passingAnswersNameTheirDirection() {
        assertThat(built(PickerMessage.headersPass(Direction.REQUEST)).hasRequestHeaders())
                .isTrue();
        assertThat(built(PickerMessage.headersPass(Direction.RESPONSE)).hasResponseHeaders())
                .isTrue();
        assertThat(built(PickerMessage.bodyPasses(Direction.REQUEST)).hasRequestBody())
                .isTrue();
        assertThat(built(PickerMessage.bodyPasses(Direction.RESPONSE)).hasResponseBody())
                .isTrue();
        assertThat(built(PickerMessage.trailersPass(Direction.REQUEST)).hasRequestTrailers())
                .isTrue();
        assertThat(built(PickerMessage.trailersPass(Direction.RESPONSE)).hasResponseTrailers())
                .isTrue();
    }

    private ProcessingResponse built(PickerMessage message) {
        return ((PickerMessage.Built) codec.parse(codec.stream(message))).response();
    }
}
