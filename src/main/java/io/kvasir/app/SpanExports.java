package io.kvasir.app;

import io.kvasir.observe.CountedExports;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The exporter of spans that the framework finds, in place of its own, which counts nothing. */
@Singleton
class SpanExports {
    private final CountedExports exports = new CountedExports();

    @Produces
    @Singleton
    @Unremovable
    SpanExporter exporter() {
        return exports;
    }

    /** Sends and counts. */
    CountedExports exports() {
        return exports;
    }
}
