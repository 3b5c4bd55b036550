package io.kvasir.observe;

import io.kvasir.failure.FailureText;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;

/**
 * Sends spans away and counts what becomes of them. A collector that cannot be reached costs its spans and two lines in the
 * log, one when it begins and one when it is over; requests know nothing of it.
 */
public final class CountedExports implements SpanExporter, Metered {
    private static final Logger LOG = Logger.getLogger(CountedExports.class);

    private final LongAdder exported = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile SpanExporter sender = SpanExporter.composite();

    /** Says who sends from now on; until then spans go nowhere. */
    public void sendBy(SpanExporter exporter) {
        sender = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int size = spans.size();
        CompletableResultCode result;
        try {
            result = sender.export(spans);
        } catch (RuntimeException e) {
            result = CompletableResultCode.ofExceptionalFailure(e);
        }
        var sent = result;
        return sent.whenComplete(() -> done(sent, size));
    }

    private void done(CompletableResultCode sent, int size) {
        boolean arrived = sent.isSuccess();
        (arrived ? exported : lost).add(size);
        if (failing.compareAndSet(arrived, !arrived)) {
            if (arrived) {
                LOG.info("spans reach their collector again");
            } else {
                var failure = sent.getFailureThrowable();
                LOG.warn("spans do not reach their collector and are lost"
                        + (failure == null ? "" : ": " + FailureText.of(failure)));
            }
        }
    }

    @Override
    public CompletableResultCode flush() {
        return sender.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return sender.shutdown();
    }

    @Override
    public void describe(MetricSink sink) {
        String help = "Spans of requests, by whether they reached the collector.";
        sink.counter("kvasir_spans", help, exported.sum(), "result", "exported");
        sink.counter("kvasir_spans", help, lost.sum(), "result", "lost");
    }
}
