package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Outcome;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests of gateways that show no response, as NGINX's: their books close when they should be over. */
class NoResponsePhaseTest {
    private static final String BODY =
            "{\"model\":\"m\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    /** As NGINX's shim sends it: no modes, so that no response is promised. */
    private static final ProxyMessage HEAD = new ProxyMessage.Headers(
            Direction.REQUEST,
            Messages.headers(false, "content-type", "application/json"),
            Metadata.getDefaultInstance(),
            null,
            false);

    /** What is to be done later, done when the test says. */
    private record Task(double seconds, Runnable action) {}

    private final ExtProcCounts counts = new ExtProcCounts();
    private final BodyBudget budget = new BodyBudget(1 << 20);
    private final List<Task> tasks = new ArrayList<>();
    private final RecordingOutlet sent = new RecordingOutlet();
    private PickerFixture picker;
    private ProcessorStream stream;

    @BeforeEach
    void open() throws IOException {
        picker = PickerFixture.start();
        stream = new ProcessorStream(
                new StreamContext(
                        picker.router,
                        StreamSettings.DEFAULT,
                        budget,
                        counts,
                        (seconds, action) -> tasks.add(new Task(seconds, action))),
                sent);
        stream.receive(HEAD);
        stream.receive(Messages.requestBody(BODY, true));
        assertThat(sent.messages).hasSize(2);
        assertThat(picker.inFlight()).isEqualTo(1);
    }

    @AfterEach
    void close() {
        picker.close();
    }

    private void assertReleasedOnce(Outcome outcome) {
        for (var endpoint : picker.pool.snapshot().endpoints()) {
            assertThat(endpoint.load().requests()).isZero();
            assertThat(endpoint.load().promptTokens()).isZero();
            assertThat(endpoint.load().outputTokens()).isZero();
            assertThat(endpoint.load().prefills()).isZero();
        }
        for (var any : Outcome.values()) {
            assertThat(picker.router.counts().ended(any)).as("%s", any).isEqualTo(any == outcome ? 1 : 0);
        }
        assertThat(counts.open()).isZero();
        assertThat(budget.used()).isZero();
    }

    @Test
    void theBooksCloseAfterThePredictedServiceTimeAndOnce() {
        var booking = stream.books().booking();
        double predicted = booking == null ? -1 : booking.predictedSeconds();
        assertThat(predicted).isPositive();
        stream.halfClosed();
        assertThat(sent.completed).isEqualTo(1);
        stream.finished();

        // over for the gateway, not for the engine
        assertThat(picker.inFlight()).isEqualTo(1);
        assertThat(counts.of(StreamEvent.NO_RESPONSE_PHASE)).isEqualTo(1);
        assertThat(tasks).hasSize(1);
        // the prefill's share shrinks while the clock runs
        assertThat(tasks.getFirst().seconds()).isBetween(0.5 * predicted, predicted);

        tasks.getFirst().action().run();
        assertReleasedOnce(Outcome.EXPIRED);
        tasks.getFirst().action().run();
        assertReleasedOnce(Outcome.EXPIRED);
    }

    @Test
    void aGatewayThatResetsTheStreamAfterItsEndChangesNothing() {
        stream.halfClosed();
        stream.cancelled();
        assertThat(picker.inFlight()).isEqualTo(1);
        assertThat(tasks).hasSize(1);
        tasks.getFirst().action().run();
        assertReleasedOnce(Outcome.EXPIRED);
    }

    @Test
    void aResetBeforeTheEndClosesThemAtOnce() {
        stream.cancelled();
        assertThat(tasks).isEmpty();
        assertReleasedOnce(Outcome.CLIENT_GONE);
        // nothing that comes late opens or closes them again
        stream.receive(Messages.responseHead(200, "application/json"));
        assertReleasedOnce(Outcome.CLIENT_GONE);
    }

    @Test
    void aResponseThatWasNotToComeReleasesNothingTwice() {
        stream.halfClosed();
        stream.receive(Messages.responseHead(200, "application/json"));
        stream.receive(Messages.body(Direction.RESPONSE, "{}", true));
        assertThat(sent.messages).hasSize(2);
        assertThat(picker.inFlight()).isEqualTo(1);
        tasks.getFirst().action().run();
        stream.finished();
        assertReleasedOnce(Outcome.EXPIRED);
    }

    @Test
    void aShutdownLeavesThemOpenForTheEngineIsStillAtWork() {
        stream.halfClosed();
        stream.shutDown();
        stream.finished();
        assertThat(picker.inFlight()).isEqualTo(1);
        assertThat(counts.of(StreamEvent.SHUT_DOWN)).isZero();
        tasks.getFirst().action().run();
        assertReleasedOnce(Outcome.EXPIRED);
    }

    @Test
    void theServerRunsWhatIsToBeDoneLater() throws IOException {
        stream.cancelled();
        try (var other = PickerFixture.start()) {
            var call = new ProxyCall(other.channel());
            call.send(HEAD);
            // one token from an idle engine is a matter of milliseconds
            call.send(Messages.requestBody("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}", true));
            call.halfClose();
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            assertThat(call.answer().hasRequestBody()).isTrue();
            assertThat(call.closed().isOk()).isTrue();
            Await.await(() -> other.inFlight() == 0);
            Await.await(() -> other.router.counts().ended(Outcome.EXPIRED) == 1);
        }
    }
}
