package io.kvasir.app;

import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.internal.grpc.GrpcExporter;
import io.opentelemetry.exporter.internal.http.HttpExporter;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.common.InternalTelemetryVersion;
import io.opentelemetry.sdk.internal.ComponentId;
import io.opentelemetry.sdk.internal.StandardComponentId.ExporterType;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.quarkus.opentelemetry.runtime.exporter.otlp.sender.VertxGrpcSender;
import io.quarkus.opentelemetry.runtime.exporter.otlp.sender.VertxHttpSender;
import io.quarkus.opentelemetry.runtime.exporter.otlp.tracing.VertxGrpcSpanExporter;
import io.quarkus.opentelemetry.runtime.exporter.otlp.tracing.VertxHttpSpanExporter;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The collector that spans are sent to by OTLP, over the framework's clients.
 *
 * @param address in plaintext or with TLS, as its scheme says; over HTTP {@code /v1/traces} is added to its path
 * @param http whether as protobuf over HTTP; else over gRPC
 * @param headers of every request
 * @param timeout longest wait for a connection, and for an answer to one try
 * @param most longest wait for what becomes of spans, all tries together
 * @param gzip whether requests are compressed
 * @param authorities PEM file of whom a collector's certificate is trusted by; null for the JVM's own
 */
record SpanDestination(
        URI address,
        boolean http,
        Map<String, String> headers,
        Duration timeout,
        Duration most,
        boolean gzip,
        @Nullable Path authorities) {

    /** Tries that wait for a connection, at most: what hangs may not gather. */
    private static final int MOST_WAITING = 16;

    SpanDestination {
        headers = Map.copyOf(headers);
    }

    /** What sends there. */
    SpanExporter exporter(Vertx vertx) {
        String shown = address.toString();
        return http
                ? new VertxHttpSpanExporter(new HttpExporter<TraceRequestMarshaler>(
                        ComponentId.generateLazy(ExporterType.OTLP_HTTP_SPAN_EXPORTER),
                        new VertxHttpSender(
                                address,
                                VertxHttpSender.TRACES_PATH,
                                gzip,
                                timeout,
                                headers,
                                "application/x-protobuf",
                                this::adapt,
                                vertx),
                        MeterProvider::noop,
                        InternalTelemetryVersion.LATEST,
                        shown))
                : new VertxGrpcSpanExporter(new GrpcExporter<TraceRequestMarshaler>(
                        grpc(vertx),
                        InternalTelemetryVersion.LATEST,
                        ComponentId.generateLazy(ExporterType.OTLP_GRPC_SPAN_EXPORTER),
                        MeterProvider::noop,
                        shown));
    }

    @SuppressWarnings("unchecked") // declared without the type of what it sends, which may be anything
    private io.opentelemetry.exporter.internal.grpc.GrpcSender<TraceRequestMarshaler> grpc(Vertx vertx) {
        return new VertxGrpcSender(
                address, VertxGrpcSender.GRPC_TRACE_SERVICE_NAME, gzip, timeout, headers, this::adapt, vertx);
    }

    private void adapt(HttpClientOptions options) {
        // the framework sets whole seconds, and none for less than one
        int millis = Math.toIntExact(timeout.toMillis());
        options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setReadIdleTimeout(millis)
                .setConnectTimeout(millis)
                .setMaxWaitQueueSize(MOST_WAITING);
        if (address.getScheme().equals("https")) {
            options.setSsl(true).setUseAlpn(true);
            if (authorities != null) {
                options.setTrustOptions(new PemTrustOptions().addCertPath(authorities.toString()));
            }
        }
    }
}
