package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import io.kvasir.testing.Await;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Messages that no well-made client could send. */
class BadMessageTest {
    private static final String END = "end";

    /** Sends bytes as they are. */
    private static final class Raw implements Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            throw new AssertionError("nobody sends these to a client");
        }
    }

    /** What the picker says to one message: a status code of an immediate response, then the end of the stream. */
    private static final class Answers implements StreamObserver<PickerMessage> {
        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

        @Override
        public void onNext(PickerMessage message) {
            var refusal = ((PickerMessage.Built) message).response().getImmediateResponse();
            events.add(String.valueOf(refusal.getStatus().getCode()));
        }

        @Override
        public void onError(Throwable t) {
            events.add(t.toString());
        }

        @Override
        public void onCompleted() {
            events.add(END);
        }

        @Nullable
        String next() {
            try {
                return events.poll(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static Answers send(PickerFixture picker, byte[] message, CallOptions options) {
        var method = ExternalProcessor.PROCESS.toBuilder(new Raw(), ExternalProcessor.PROCESS.getResponseMarshaller())
                .build();
        var answers = new Answers();
        ClientCalls.asyncBidiStreamingCall(picker.channel().newCall(method, options), answers)
                .onNext(message);
        return answers;
    }

    @Test
    void bytesThatAreNoMessageAreRefused() throws IOException {
        try (var picker = PickerFixture.start()) {
            var answers = send(picker, new byte[] {34, 127}, CallOptions.DEFAULT);
            assertThat(answers.next()).isEqualTo("400");
            assertThat(answers.next()).isEqualTo(END);
            assertThat(picker.server.counts().of(StreamEvent.UNREADABLE)).isEqualTo(1);
            assertThat(picker.server.counts().of(StreamEvent.REFUSED)).isEqualTo(1);
            Await.await(() -> picker.server.counts().open() == 0);
        }
    }

    @Test
    void aMessageThatIsTooLongOnceItIsUnpackedIsRefused() throws IOException {
        try (var picker = PickerFixture.start(
                PickerFixture.plaintext().toBuilder().maxMessageBytes(100_000).build(),
                PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            byte[] message = ProcessingRequest.newBuilder()
                    .setRequestBody(HttpBody.newBuilder().setBody(ByteString.copyFrom(new byte[10 << 20])))
                    .build()
                    .toByteArray();
            var answers = send(picker, message, CallOptions.DEFAULT.withCompression("gzip"));
            assertThat(answers.next()).isEqualTo("413");
            assertThat(answers.next()).isEqualTo(END);
            assertThat(picker.server.counts().of(StreamEvent.TOO_LONG)).isEqualTo(1);
            Await.await(() -> picker.server.counts().open() == 0);
        }
    }
}
