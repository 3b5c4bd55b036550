package io.kvasir.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.Request;
import io.kvasir.route.RequestTrace;
import io.kvasir.route.RequestTraces;
import io.kvasir.route.Reuse;
import io.kvasir.route.RouterEvent;
import io.kvasir.traffic.Door;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs each request of either door when it is over, as a JSON object, one a line, in the category {@value #CATEGORY}: how it
 * ended, when what happened, tokens, tenant and endpoint. Nothing of a prompt is ever in it; what clients name themselves is
 * cut at {@value #LONGEST} characters. Lines are made and written on a thread of their own; what comes too fast for it is left
 * out, and counted.
 */
public final class AccessLog implements RequestTraces, Metered, AutoCloseable {
    /** The logger's category. */
    public static final String CATEGORY = "io.kvasir.access";

    private static final int LONGEST = 128;
    private static final int WAITING = 4_096;
    private static final JsonFactory JSON = new JsonFactory();

    private final LongSupplier clock;
    private final Consumer<String> lines;
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final ThreadPoolExecutor writer;

    /**
     * Logs at level INFO.
     *
     * @param clock the router's, in ns
     */
    public AccessLog(LongSupplier clock) {
        this(clock, Logger.getLogger(CATEGORY)::info);
    }

    /** @param lines takes the lines, on a thread of the log's own */
    public AccessLog(LongSupplier clock, Consumer<String> lines) {
        this.clock = clock;
        this.lines = lines;
        writer = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                task -> Thread.ofPlatform().name("access-log").daemon().unstarted(task),
                (task, full) -> dropped.increment());
    }

    @Override
    public RequestTrace begin(Door door, @Nullable String parent, @Nullable String state) {
        return new Entry(door, clock.getAsLong());
    }

    /** One request; what is told of it is kept until it is over. */
    private final class Entry implements RequestTrace {
        private final Door door;
        private final long begunNanos;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile @Nullable Request asked;
        private volatile RouterEvent.@Nullable Decided decided;
        private volatile RouterEvent.@Nullable Refused refused;
        private volatile RouterEvent.@Nullable Placed placed;
        private volatile RouterEvent.@Nullable Ended ended;
        private volatile int placements;

        Entry(Door door, long begunNanos) {
            this.door = door;
            this.begunNanos = begunNanos;
        }

        @Override
        public boolean kept() {
            return true;
        }

        @Override
        public void propagate(BiConsumer<String, String> headers) {}

        @Override
        public void on(RouterEvent event) {
            switch (event) {
                case RouterEvent.Decided told -> {
                    decided = told;
                    asked = told.asked();
                }
                case RouterEvent.Refused told -> {
                    refused = told;
                    asked = told.asked();
                }
                case RouterEvent.Placed told -> {
                    placed = told;
                    int before = placements;
                    placements = before + 1;
                }
                case RouterEvent.Ended told -> ended = told;
                default -> {}
            }
        }

        @Override
        public void end(int status) {
            if (over.compareAndSet(false, true)) {
                long now = clock.getAsLong();
                writer.execute(() -> write(status, now));
            }
        }

        private void write(int status, long endNanos) {
            lines.accept(line(status, endNanos));
            written.increment();
        }

        private String line(int status, long endNanos) {
            var line = new StringWriter();
            try (var json = JSON.createGenerator(line)) {
                json.writeStartObject();
                text(json, "door", door == Door.PROXY ? "proxy" : "ext-proc");
                if (status > 0) {
                    json.writeNumberField("status", status);
                }
                outcome(json);
                request(json);
                endpoint(json);
                usage(json);
                number(json, "seconds", (endNanos - begunNanos) * 1e-9);
                json.writeEndObject();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return line.toString();
        }

        private void outcome(JsonGenerator json) throws IOException {
            var no = refused;
            var end = ended;
            text(
                    json,
                    "outcome",
                    end != null
                            ? end.outcome().code()
                            : no != null ? no.refusal().reason().code() : decided == null ? "refused" : "unseen");
        }

        private void request(JsonGenerator json) throws IOException {
            var request = asked;
            if (request == null) {
                return;
            }
            var headers = request.headers();
            text(json, "request", headers.requestId());
            text(json, "tenant", headers.fairnessId());
            text(json, "session", headers.sessionId());
            text(json, "objective", headers.objective());
            text(json, "model", request.model());
            json.writeBooleanField("stream", request.stream());
            var decision = decided;
            if (decision != null) {
                text(json, "routedModel", decision.rules().model());
                json.writeNumberField("promptTokensEstimated", decision.routed().promptTokens());
                text(json, "reason", decision.decision().reason().code());
                text(json, "tokens", decision.tokens().code());
            }
        }

        private void endpoint(JsonGenerator json) throws IOException {
            var last = placed;
            if (last == null) {
                return;
            }
            text(json, "endpoint", last.endpoint().spec().name());
            text(json, "hardware", last.endpoint().hardware().name());
            json.writeNumberField("placements", placements);
            number(json, "placedSeconds", (last.nanos() - begunNanos) * 1e-9);
            number(json, "predictedFirstTokenSeconds", last.prediction().firstToken());
            number(json, "predictedSeconds", last.prediction().end());
        }

        private void usage(JsonGenerator json) throws IOException {
            var end = ended;
            if (end == null) {
                return;
            }
            number(json, "firstTokenSeconds", end.firstTokenSeconds());
            reported(json, "promptTokens", end.usage().promptTokens());
            reported(json, "cachedTokens", end.usage().cachedTokens());
            reuse(json, end.reuse());
            reported(json, "outputTokens", end.usage().outputTokens());
        }
    }

    private static void reuse(JsonGenerator json, Reuse reuse) throws IOException {
        var predictor = reuse.predictor();
        if (predictor != null) {
            json.writeNumberField("predictedCachedTokens", reuse.predictedTokens());
            text(json, "prefixView", predictor.code());
        }
        var outcome = reuse.outcome();
        if (outcome != null) {
            text(json, "prediction", outcome.code());
        }
    }

    private static void text(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.length() > LONGEST ? value.substring(0, LONGEST) : value);
        }
    }

    private static void number(JsonGenerator json, String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumberField(name, Digits.sensible(value));
        }
    }

    /** @param count -1 where nobody said */
    private static void reported(JsonGenerator json, String name, int count) throws IOException {
        if (count >= 0) {
            json.writeNumberField(name, count);
        }
    }

    @Override
    public void describe(MetricSink sink) {
        String help =
                "Requests by whether their line of the access log was written, or left out as they came too fast.";
        sink.counter("kvasir_access_log_lines", help, written.sum(), "result", "written");
        sink.counter("kvasir_access_log_lines", help, dropped.sum(), "result", "dropped");
    }

    /** Writes what waits, for a second at most. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(1, TimeUnit.SECONDS)) {
                writer.shutdownNow().forEach(left -> dropped.increment());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
