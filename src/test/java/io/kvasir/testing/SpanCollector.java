package io.kvasir.testing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.function.Function;

/**
 * Where spans end.
 *
 * @param answer what it says to each batch
 */
public record SpanCollector(Function<Collection<SpanData>, CompletableResultCode> answer) implements SpanExporter {
    /** One that keeps all there. */
    public static SpanCollector into(Collection<SpanData> kept) {
        return new SpanCollector(batch -> {
            kept.addAll(batch);
            return CompletableResultCode.ofSuccess();
        });
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
        return answer.apply(batch);
    }

    @Override
    public CompletableResultCode flush() {
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
    }
}
