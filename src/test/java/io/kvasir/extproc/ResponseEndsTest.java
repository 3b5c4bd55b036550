package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Outcome;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a request is booked, by what the proxy shows of its response and by how it ends the stream. */
class ResponseEndsTest {
    private static final String BODY = Messages.chat(1_000);

    private final AtomicLong clock = new AtomicLong(1);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 1);
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final ExtProcCounts counts = new ExtProcCounts();
    private final BodyBudget budget = new BodyBudget(1 << 20);
    private final List<Runnable> later = new ArrayList<>();
    private Router router = router();

    private Router router() {
        pool.apply(PickerFixture.specs(List.of("10.0.0.1:8000")));
        return new Router(
                pool,
                view,
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock::get,
                new SplittableRandom(3)::split);
    }

    private ProcessorStream stream() {
        return new ProcessorStream(
                new StreamContext(router, StreamSettings.DEFAULT, budget, counts, (_, action) -> later.add(action)),
                new RecordingOutlet());
    }

    private static ProxyMessage head(@Nullable ProtocolConfiguration modes) {
        return new ProxyMessage.Headers(
                Direction.REQUEST,
                Messages.headers(false, ":method", "POST", ":path", "/v1/chat/completions"),
                Metadata.getDefaultInstance(),
                modes,
                false);
    }

    private void play(ProcessorStream stream, String step) {
        switch (step) {
            case "head" -> stream.receive(Messages.responseHead(200, "application/json"));
            case "events" -> stream.receive(Messages.responseHead(200, "text/event-stream"));
            case "400" -> stream.receive(Messages.responseHead(400, "application/json"));
            case "500" -> stream.receive(Messages.responseHead(500, "application/json"));
            case "head-end" ->
                stream.receive(new ProxyMessage.Headers(
                        Direction.RESPONSE,
                        Messages.headers(true, ":status", "200"),
                        Metadata.getDefaultInstance(),
                        null,
                        false));
            case "body" -> stream.receive(Messages.body(Direction.RESPONSE, "{\"choices\":[", false));
            case "body-end" -> stream.receive(Messages.body(Direction.RESPONSE, "]}", true));
            case "trailers" -> stream.receive(new ProxyMessage.Trailers(Direction.RESPONSE, false));
            case "second" -> clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
            case "half-close" -> {
                stream.halfClosed();
                stream.finished();
            }
            case "reset" -> stream.cancelled();
            default -> throw new AssertionError("no step: " + step);
        }
    }

    private long inFlight() {
        return pool.snapshot().endpoints().stream()
                .mapToLong(endpoint -> endpoint.load().requests())
                .sum();
    }

    private void assertOutcome(Outcome outcome, String what) {
        for (var any : Outcome.values()) {
            assertThat(router.counts().ended(any)).as("%s of %s", any, what).isEqualTo(any == outcome ? 1 : 0);
        }
        var load = pool.snapshot().at(0).load();
        assertThat(List.of(load.requests(), load.promptTokens(), load.outputTokens(), load.prefills()))
                .as(what)
                .containsOnly(0L);
    }

    @ParameterizedTest
    @CsvSource({
        // response's mode, what is shown and how it ends, outcome, when the load goes
        "NONE, head half-close,                          COMPLETED,         now",
        "NONE, head reset,                               COMPLETED,         now",
        "NONE, head second half-close,                   COMPLETED,         now",
        "NONE, events second reset,                      COMPLETED,         now",
        "NONE, events second half-close,                 COMPLETED,         now",
        // some proxies end a stream as soon as they expect nothing more of it
        "NONE, events reset,                             COMPLETED,         later",
        "NONE, events half-close,                        COMPLETED,         later",
        "NONE, head trailers,                            COMPLETED,         now",
        "NONE, head-end,                                 COMPLETED,         now",
        "NONE, 400 reset,                                REFUSED_BY_ENGINE, now",
        "NONE, 400 half-close,                           REFUSED_BY_ENGINE, now",
        "NONE, 500 reset,                                UPSTREAM_ERROR,    now",
        "NONE, 500 half-close,                           UPSTREAM_ERROR,    now",
        // as where response headers are skipped
        "NONE, half-close,                               EXPIRED,           later",
        "NONE, reset,                                    EXPIRED,           later",
        "STREAMED, half-close,                           CLIENT_GONE,       now",
        "STREAMED, reset,                                CLIENT_GONE,       now",
        "STREAMED, head reset,                           CLIENT_GONE,       now",
        "STREAMED, head half-close,                      CLIENT_GONE,       now",
        "STREAMED, head body reset,                      CLIENT_GONE,       now",
        "STREAMED, head body half-close,                 CLIENT_GONE,       now",
        "STREAMED, head body body-end,                   COMPLETED,         now",
        "STREAMED, head body trailers,                   COMPLETED,         now",
        "STREAMED, head-end,                             COMPLETED,         now",
        "STREAMED, body body-end,                        COMPLETED,         now",
        "STREAMED, body reset,                           CLIENT_GONE,       now",
        "STREAMED, 400 body reset,                       CLIENT_GONE,       now",
        "STREAMED, 500 body body-end,                    UPSTREAM_ERROR,    now",
        "BUFFERED, reset,                                CLIENT_GONE,       now",
        "BUFFERED, half-close,                           CLIENT_GONE,       now",
        "BUFFERED, head reset,                           CLIENT_GONE,       now",
        "BUFFERED, head body-end,                        COMPLETED,         now",
        "BUFFERED, body-end,                             COMPLETED,         now",
        "BUFFERED, head trailers,                        COMPLETED,         now",
        "BUFFERED_PARTIAL, head half-close,              CLIENT_GONE,       now",
        "BUFFERED_PARTIAL, head body-end,                COMPLETED,         now",
        // the rest of a body that was too long is not shown
        "BUFFERED_PARTIAL, head body reset,              COMPLETED,         now",
        "BUFFERED_PARTIAL, head body half-close,         COMPLETED,         now",
        "BUFFERED_PARTIAL, head body trailers,           COMPLETED,         now",
        "FULL_DUPLEX_STREAMED, half-close,               CLIENT_GONE,       now",
        "FULL_DUPLEX_STREAMED, reset,                    CLIENT_GONE,       now",
        "FULL_DUPLEX_STREAMED, head reset,               CLIENT_GONE,       now",
        "FULL_DUPLEX_STREAMED, events body half-close,   CLIENT_GONE,       now",
        "FULL_DUPLEX_STREAMED, head body body-end,       COMPLETED,         now",
        "FULL_DUPLEX_STREAMED, head body trailers,       COMPLETED,         now",
        "FULL_DUPLEX_STREAMED, trailers,                 COMPLETED,         now",
        // a proxy that does not tell its modes: by what it shows
        ", half-close,                                   EXPIRED,           later",
        ", reset,                                        CLIENT_GONE,       now",
        ", head reset,                                   COMPLETED,         now",
        ", head half-close,                              COMPLETED,         now",
        ", head body reset,                              CLIENT_GONE,       now",
        ", head body body-end,                           COMPLETED,         now",
    })
    void theEndOfAStreamIsReadByWhatTheProxyShows(
            @Nullable BodySendMode responseMode, String steps, Outcome outcome, String when) {
        var requestModes = responseMode == null
                ? List.of(BodySendMode.FULL_DUPLEX_STREAMED)
                : List.of(
                        BodySendMode.NONE,
                        BodySendMode.STREAMED,
                        BodySendMode.BUFFERED,
                        BodySendMode.BUFFERED_PARTIAL,
                        BodySendMode.FULL_DUPLEX_STREAMED);
        for (var requestMode : requestModes) {
            router = router();
            later.clear();
            String what = requestMode + " " + responseMode + " " + steps;
            var stream = stream();
            stream.receive(head(responseMode == null ? null : Messages.modes(requestMode, responseMode)));
            if (requestMode != BodySendMode.NONE) {
                stream.receive(Messages.requestBody(BODY, true));
            }
            assertThat(inFlight()).as(what).isEqualTo(1);
            for (String step : steps.split(" ", -1)) {
                play(stream, step);
            }
            assertThat(inFlight()).as(what).isEqualTo(when.equals("now") ? 0 : 1);
            later.forEach(Runnable::run);
            assertOutcome(outcome, what);
            boolean read = requestMode != BodySendMode.NONE && requestMode != BodySendMode.STREAMED;
            if (outcome == Outcome.COMPLETED || outcome == Outcome.EXPIRED) {
                assertThat(view.heldTokens(0) > 0).as("prefix of %s", what).isEqualTo(read);
            }
            // nothing that comes late changes the books
            stream.cancelled();
            later.forEach(Runnable::run);
            assertOutcome(outcome, what);
            view.restarted(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"reset", "half-close"})
    void aProxyThatShowsHeadsAndEndsWithoutOneHasLostItsClient(String end) {
        var modes = Messages.modes(BodySendMode.BUFFERED, BodySendMode.NONE);
        var other = stream();
        other.receive(head(modes));
        other.receive(Messages.requestBody(BODY, true));
        play(other, "head");
        play(other, "reset");

        var stream = stream();
        stream.receive(head(modes));
        stream.receive(Messages.requestBody(BODY, true));
        play(stream, end);
        assertThat(inFlight()).isZero();
        assertThat(router.counts().ended(Outcome.CLIENT_GONE)).isEqualTo(1);
    }

    @Test
    void aPromptIsComputedWithTheHeadOfAnUnshownAnswerOrAtItsPredictedTime() {
        var load = pool.snapshot().at(0).load();
        var modes = Messages.modes(BodySendMode.BUFFERED, BodySendMode.NONE);
        var whole = stream();
        whole.receive(head(modes));
        whole.receive(Messages.requestBody(BODY, true));
        assertThat(load.prefills()).isEqualTo(1);
        play(whole, "head");
        assertThat(load.prefills()).isZero();
        assertThat(load.requests()).isEqualTo(1);

        var streamed = stream();
        streamed.receive(head(modes));
        streamed.receive(Messages.requestBody(BODY, true));
        play(streamed, "events");
        assertThat(load.prefills()).isEqualTo(1);
        later.forEach(Runnable::run);
        assertThat(load.prefills()).isZero();
        assertThat(load.requests()).isEqualTo(2);
    }

    @Test
    void aShutdownDoesNotBreakOffAnAnswerOfWhichNothingMoreIsShown() {
        var stream = stream();
        stream.receive(head(Messages.modes(BodySendMode.BUFFERED, BodySendMode.NONE)));
        stream.receive(Messages.requestBody(BODY, true));
        play(stream, "events");
        // the outlet fails the test where the stream is failed
        stream.shutDown();
        assertOutcome(Outcome.COMPLETED, "a shutdown");
    }

    @Test
    void aSilentStreamLeavesNoLoadAndAnUndecidedOneIsRefused() {
        long most = TimeUnit.HOURS.toNanos(1);
        var answering = stream();
        answering.receive(head(Messages.DUPLEX));
        answering.receive(Messages.requestBody(BODY, true));
        var outlet = new RecordingOutlet();
        var undecided = new ProcessorStream(
                new StreamContext(router, StreamSettings.DEFAULT, budget, counts, (_, _) -> {}), outlet);
        undecided.receive(head(Messages.DUPLEX));
        undecided.receive(Messages.requestBody("{\"model\":", false));

        clock.addAndGet(most - 1);
        answering.endSilence(most);
        undecided.endSilence(most);
        assertThat(counts.of(StreamEvent.SILENT)).isZero();

        clock.addAndGet(1);
        answering.endSilence(most);
        undecided.endSilence(most);
        assertThat(counts.of(StreamEvent.SILENT)).isEqualTo(2);
        var reasons = new ArrayList<String>();
        counts.refusals().forEach((reason, _) -> reasons.add(reason));
        assertThat(reasons).containsExactly("body-stalled");
        assertThat(outlet.completed).isEqualTo(1);
        assertThat(budget.used()).isZero();
        assertOutcome(Outcome.EXPIRED, "silence");
        // what comes all the same goes on, and changes no books
        play(answering, "head");
        play(answering, "body-end");
        assertOutcome(Outcome.EXPIRED, "silence");
    }
}
