package io.kvasir.observe;

import io.kvasir.failure.FailureText;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Sends spans away and counts what becomes of them. A collector that cannot be reached, or does not answer, costs its spans and
 * two lines in the log, one when it begins and one when it is over, a pair in {@value #QUIET_SECONDS} s at most; requests know
 * nothing of it.
 */
public final class CountedExports implements SpanExporter, Metered {
    private static final Logger LOG = Logger.getLogger(CountedExports.class);

    static final int QUIET_SECONDS = 60;

    private final LongSupplier nanos;
    private final BiConsumer<Boolean, String> out;
    private final LongAdder exported = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private volatile Sending sending = new Sending(SpanExporter.composite(), Duration.ofSeconds(1));
    private boolean failing;
    private boolean told;
    private boolean toldEver;
    private long toldNanos;

    private record Sending(SpanExporter sender, Duration most) {}

    public CountedExports() {
        this(System::nanoTime, (warns, line) -> LOG.log(warns ? Logger.Level.WARN : Logger.Level.INFO, line));
    }

    /**
     * @param nanos a clock that never goes back
     * @param out takes lines, and whether they warn
     */
    CountedExports(LongSupplier nanos, BiConsumer<Boolean, String> out) {
        this.nanos = nanos;
        this.out = out;
    }

    /**
     * Says who sends from now on; until then spans go nowhere.
     *
     * @param most after which spans are lost that nobody has said anything of
     */
    public void sendBy(SpanExporter exporter, Duration most) {
        sending = new Sending(exporter, most);
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int size = spans.size();
        var now = sending;
        var result = new CompletableResultCode();
        result.whenComplete(() -> done(result, size));
        try {
            var sent = now.sender.export(spans);
            sent.whenComplete(() -> {
                var failure = sent.getFailureThrowable();
                if (sent.isSuccess()) {
                    result.succeed();
                } else if (failure == null) {
                    result.fail();
                } else {
                    result.failExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            result.failExceptionally(e);
        }
        if (!result.isDone()) {
            CompletableFuture.delayedExecutor(now.most.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> result.failExceptionally(new TimeoutException("no answer within " + now.most)));
        }
        return result;
    }

    private synchronized void done(CompletableResultCode sent, int size) {
        boolean arrived = sent.isSuccess();
        (arrived ? exported : lost).add(size);
        if (failing != arrived) {
            return;
        }
        failing = !arrived;
        long now = nanos.getAsLong();
        if (arrived && told) {
            told = false;
            out.accept(false, "spans reach their collector again");
        } else if (!arrived && (!toldEver || now - toldNanos >= QUIET_SECONDS * 1_000_000_000L)) {
            told = true;
            toldEver = true;
            toldNanos = now;
            var failure = sent.getFailureThrowable();
            out.accept(
                    true,
                    "spans do not reach their collector and are lost"
                            + (failure == null ? "" : ": " + FailureText.of(failure)));
        }
    }

    @Override
    public CompletableResultCode flush() {
        return sending.sender.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return sending.sender.shutdown();
    }

    @Override
    public void describe(MetricSink sink) {
        String help = "Spans of requests, by whether they reached the collector.";
        sink.counter("kvasir_spans", help, exported.sum(), "result", "exported");
        sink.counter("kvasir_spans", help, lost.sum(), "result", "lost");
    }
}
