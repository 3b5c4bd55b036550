package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.RequestTrace;
import io.kvasir.route.RequestTraces;
import io.kvasir.traffic.Door;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Traces requests as spans of OpenTelemetry, one a request, a child of whatever the request's {@code traceparent} names. The
 * sampler of the tracer decides which are kept.
 */
public final class SpanTraces implements RequestTraces, Metered {
    /** What a request's headers say of its trace. */
    private record Told(@Nullable String parent, @Nullable String state) {}

    private static final TextMapGetter<Told> READ = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Told told) {
            return List.of("traceparent", "tracestate");
        }

        @Override
        public @Nullable String get(@Nullable Told told, String key) {
            return told == null
                    ? null
                    : switch (key) {
                        case "traceparent" -> told.parent;
                        case "tracestate" -> told.state;
                        default -> null;
                    };
        }
    };

    private final Tracer tracer;
    private final Supplier<String> policy;
    private final LongAdder kept = new LongAdder();
    private final LongAdder passed = new LongAdder();

    /** @param policy names what chooses endpoints now */
    public SpanTraces(Tracer tracer, Supplier<String> policy) {
        this.tracer = tracer;
        this.policy = policy;
    }

    @Override
    public RequestTrace begin(Door door, @Nullable String parent, @Nullable String state) {
        var above = parent == null
                ? Context.root()
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), new Told(parent, state), READ);
        var span = tracer.spanBuilder("request")
                .setParent(above)
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        (span.isRecording() ? kept : passed).increment();
        return new RequestSpan(span, above, door, policy);
    }

    @Override
    public void describe(MetricSink sink) {
        String help = "Requests by whether the sampler kept their spans.";
        sink.counter("kvasir_traced_requests", help, kept.sum(), "sampled", "true");
        sink.counter("kvasir_traced_requests", help, passed.sum(), "sampled", "false");
    }
}
