package io.kvasir.app;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans, samples them and hands them out in batches: OpenTelemetry's SDK, put together here rather than by the framework,
 * which has its classes in every process, traced or not.
 */
final class SpanPipeline implements AutoCloseable {
    private static final String SERVICE = "kvasir";

    private final SdkTracerProvider provider;

    /** @param properties what {@link TracingSettings} tell the SDK */
    SpanPipeline(Map<String, String> properties, SpanExporter exporter) {
        provider = SdkTracerProvider.builder()
                .setResource(resource(properties))
                .setSampler(sampler(properties))
                .setSpanLimits(limits(properties))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setScheduleDelay(millis(properties, TracingSettings.BATCH_DELAY))
                        .setExporterTimeout(millis(properties, TracingSettings.BATCH_TIMEOUT))
                        .setMaxQueueSize(number(properties, TracingSettings.BATCH_QUEUE))
                        .setMaxExportBatchSize(number(properties, TracingSettings.BATCH_SIZE))
                        .build())
                .build();
    }

    Tracer tracer() {
        return provider.get("io.kvasir");
    }

    /** Hands out what waits, and makes no more. */
    @Override
    public void close() {
        provider.close();
    }

    static Resource resource(Map<String, String> properties) {
        var own = Attributes.builder().put("service.name", SERVICE).put("service.version", Help.version());
        String host = hostName();
        if (host != null) {
            own.put("host.name", host);
        }
        TracingSettings.resource(properties.getOrDefault(TracingSettings.ATTRIBUTES, ""), _ -> {})
                .forEach(own::put);
        String service = properties.get(TracingSettings.SERVICE_NAME);
        if (service != null) {
            own.put("service.name", service);
        }
        return Resource.getDefault().merge(Resource.create(own.build()));
    }

    private static @Nullable String hostName() {
        String told = System.getenv("HOSTNAME");
        if (told != null && !told.isBlank()) {
            return told;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return null;
        }
    }

    static Sampler sampler(Map<String, String> properties) {
        return sampler(
                told(properties, TracingSettings.SAMPLED_BY),
                Double.parseDouble(told(properties, TracingSettings.SAMPLED_SHARE)));
    }

    /** By the names of OpenTelemetry's specification for SDKs' environment variables. */
    private static Sampler sampler(String name, double share) {
        String parentBased = "parentbased_";
        if (name.startsWith(parentBased)) {
            return Sampler.parentBased(sampler(name.substring(parentBased.length()), share));
        }
        return switch (name) {
            case "always_on" -> Sampler.alwaysOn();
            case "always_off" -> Sampler.alwaysOff();
            default -> Sampler.traceIdRatioBased(share);
        };
    }

    private static SpanLimits limits(Map<String, String> properties) {
        var limits = SpanLimits.builder();
        limit(properties, TracingSettings.MOST_ATTRIBUTES, limits::setMaxNumberOfAttributes);
        limit(properties, TracingSettings.LONGEST_VALUE, limits::setMaxAttributeValueLength);
        limit(properties, TracingSettings.MOST_EVENTS, limits::setMaxNumberOfEvents);
        return limits.build();
    }

    private static void limit(Map<String, String> properties, String name, IntConsumer limit) {
        if (properties.containsKey(name)) {
            limit.accept(number(properties, name));
        }
    }

    private static String told(Map<String, String> properties, String name) {
        return Objects.requireNonNull(properties.get(name), name);
    }

    private static int number(Map<String, String> properties, String name) {
        return Integer.parseInt(told(properties, name));
    }

    private static Duration millis(Map<String, String> properties, String name) {
        return Duration.ofMillis(number(properties, name));
    }
}
