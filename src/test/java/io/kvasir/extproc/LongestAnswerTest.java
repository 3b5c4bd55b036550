package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.testing.Await;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A buffered body whose model is replaced goes out in one message. */
class LongestAnswerTest {
    private static ProxyMessage head() {
        return new ProxyMessage.Headers(
                Direction.REQUEST,
                Messages.headers(
                        false,
                        ":method",
                        "POST",
                        ":path",
                        "/v1/chat/completions",
                        "x-llm-d-model-name-rewrite",
                        "llama-3-70b"),
                Metadata.getDefaultInstance(),
                Messages.modes(BodySendMode.BUFFERED, BodySendMode.BUFFERED),
                false);
    }

    private static PickerFixture picker() throws IOException {
        return PickerFixture.start(
                PickerFixture.plaintext().toBuilder().maxAnswerBytes(100_000).build(),
                PickerFixture.specs(PickerFixture.ENDPOINTS));
    }

    @Test
    void aReplacedBodyAboveTheLimitIsRefusedAndItsBooksAreClosed() throws IOException {
        try (var picker = picker()) {
            var call = new ProxyCall(picker.channel());
            call.send(head());
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            call.send(Messages.requestBody(Messages.chat(120_000), true));

            var refusal = call.answer().getImmediateResponse();
            assertThat(refusal.getStatus().getCode()).isEqualTo(413);
            assertThat(refusal.getBody().toStringUtf8()).contains("replaced_body_too_long", "100000");
            assertThat(call.closed().getCode()).isEqualTo(Status.Code.OK);
            Await.await(() -> picker.server.counts().open() == 0 && picker.inFlight() == 0);
        }
    }

    @Test
    void aReplacedBodyWithinItIsSent() throws IOException {
        try (var picker = picker()) {
            var call = new ProxyCall(picker.channel());
            call.send(head());
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            call.send(Messages.requestBody(Messages.chat(90_000), true));

            assertThat(call.answer()
                            .getRequestBody()
                            .getResponse()
                            .getBodyMutation()
                            .getBody()
                            .toStringUtf8())
                    .startsWith("{\"model\":\"llama-3-70b\"");
            call.cancel();
        }
    }
}
