package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether requests are traced, and where spans go: as the variables of OpenTelemetry's specification say, where {@code
 * --tracing} asks for them.
 *
 * @param to where spans go; null where none are made
 * @param properties what {@link SpanPipeline} is told, by the names that OpenTelemetry's SDK has for it in Java; empty where no
 *     spans are made
 */
record TracingSettings(@Nullable SpanDestination to, Map<String, String> properties) {
    static final String SAMPLED_BY = "otel.traces.sampler";
    static final String SAMPLED_SHARE = "otel.traces.sampler.arg";
    static final String BATCH_DELAY = "otel.bsp.schedule.delay";
    static final String BATCH_TIMEOUT = "otel.bsp.export.timeout";
    static final String BATCH_QUEUE = "otel.bsp.max.queue.size";
    static final String BATCH_SIZE = "otel.bsp.max.export.batch.size";
    static final String SERVICE_NAME = "otel.service.name";
    static final String ATTRIBUTES = "otel.resource.attributes";
    static final String MOST_ATTRIBUTES = "otel.span.attribute.count.limit";
    static final String LONGEST_VALUE = "otel.span.attribute.value.length.limit";
    static final String MOST_EVENTS = "otel.span.event.count.limit";

    private static final String SAMPLER = "OTEL_TRACES_SAMPLER";
    private static final String SAMPLER_ARGUMENT = "OTEL_TRACES_SAMPLER_ARG";
    private static final String EXPORTER = "OTEL_TRACES_EXPORTER";
    private static final String STANDARD_SAMPLER = "parentbased_traceidratio";
    private static final Set<String> SAMPLERS = Set.of(
            "always_on",
            "always_off",
            "traceidratio",
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio");
    /** Of the traces that begin here, where nobody says; as other pickers have it. */
    private static final String STANDARD_SHARE = "0.1";

    TracingSettings {
        properties = Map.copyOf(properties);
    }

    static TracingSettings of(FlagValues values) {
        boolean wanted = values.on(Flag.TRACING)
                && !values.variable("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")
                && !values.variable(EXPORTER, "").strip().equalsIgnoreCase("none");
        var told = new TreeMap<String, String>();
        SpanDestination to = null;
        if (wanted) {
            to = exporter(values, told);
            sampler(values, told);
            pass(values, "OTEL_SERVICE_NAME", SERVICE_NAME, told);
            pass(values, "OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES, told);
            resource(told.getOrDefault(ATTRIBUTES, ""), values::warn);
            limit(values, MOST_ATTRIBUTES, told, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT");
            limit(
                    values,
                    LONGEST_VALUE,
                    told,
                    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
            limit(values, MOST_EVENTS, told, "OTEL_SPAN_EVENT_COUNT_LIMIT");
        }
        return new TracingSettings(to, told);
    }

    /** Whether spans are made. */
    boolean on() {
        return to != null;
    }

    private static SpanDestination exporter(FlagValues values, Map<String, String> told) {
        String exporter = values.variable(EXPORTER, "otlp").strip();
        if (!exporter.isEmpty() && !exporter.equals("otlp")) {
            values.warn(EXPORTER + ": " + ConfigurationException.shown(exporter)
                    + " is not here, spans go out as otlp; allowed: otlp, none");
        }
        told.put(BATCH_DELAY, whole(values, "OTEL_BSP_SCHEDULE_DELAY", "5000", "milliseconds"));
        String waits = whole(values, "OTEL_BSP_EXPORT_TIMEOUT", "30000", "milliseconds");
        told.put(BATCH_TIMEOUT, waits);
        told.put(BATCH_QUEUE, whole(values, "OTEL_BSP_MAX_QUEUE_SIZE", "2048", "a number of spans"));
        told.put(BATCH_SIZE, whole(values, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512", "a number of spans"));
        String protocol = of(values, "PROTOCOL", "grpc");
        if (!protocol.equals("grpc") && !protocol.equals("http/protobuf")) {
            throw ConfigurationException.bad("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, "grpc, http/protobuf");
        }
        String authorities = of(values, "CERTIFICATE", "");
        return new SpanDestination(
                endpoint(values, protocol),
                !protocol.equals("grpc"),
                headers(of(values, "HEADERS", "")),
                Duration.ofMillis(Long.parseLong(
                        whole("OTEL_EXPORTER_OTLP_TIMEOUT", of(values, "TIMEOUT", "10000"), "milliseconds"))),
                Duration.ofMillis(Long.parseLong(waits)),
                of(values, "COMPRESSION", "none").equals("gzip"),
                authorities.isEmpty() ? null : readable(authorities));
    }

    private static String whole(FlagValues values, String variable, String standard, String allowed) {
        String told = values.variable(variable, "").strip();
        return whole(variable, told.isEmpty() ? standard : told, allowed);
    }

    private static String whole(String variable, String text, String allowed) {
        if (!text.matches("\\d{1,9}") || Integer.parseInt(text) == 0) {
            throw ConfigurationException.bad(variable, text, allowed);
        }
        return text;
    }

    private static Path readable(String file) {
        var path = Path.of(file);
        if (!Files.isReadable(path)) {
            throw ConfigurationException.bad("OTEL_EXPORTER_OTLP_CERTIFICATE", file, "a PEM file");
        }
        return path;
    }

    private static Map<String, String> headers(String text) {
        return pairs(text, allowed -> {
            throw ConfigurationException.bad("OTEL_EXPORTER_OTLP_HEADERS", "(not shown)", allowed);
        });
    }

    /**
     * What {@link #ATTRIBUTES} say. Platforms put names of nodes and pods there, which may be missing: what cannot be read, or says
     * nothing, is left out.
     *
     * @param warn takes a line where something cannot be read
     */
    static Map<String, String> resource(String text, Consumer<String> warn) {
        var unread = new LinkedHashSet<String>();
        var attributes = pairs(text, unread::add);
        if (!unread.isEmpty()) {
            warn.accept("OTEL_RESOURCE_ATTRIBUTES: of " + ConfigurationException.shown(text)
                    + " not all can be read, the rest is taken; allowed: " + String.join(", ", unread));
        }
        attributes.values().removeIf(String::isEmpty);
        return attributes;
    }

    /**
     * {@code name=value} with commas between, values encoded as in URLs.
     *
     * @param unreadable told, for each pair that is none, what is allowed
     */
    private static Map<String, String> pairs(String text, Consumer<String> unreadable) {
        var pairs = new LinkedHashMap<String, String>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            String name = pair.substring(0, Math.max(0, equals)).strip();
            if (!name.isEmpty()) {
                try {
                    pairs.put(
                            name,
                            URLDecoder.decode(pair.substring(equals + 1).strip().replace("+", "%2B"), UTF_8));
                } catch (IllegalArgumentException e) {
                    unreadable.accept("values encoded as in URLs");
                }
            } else if (!pair.isBlank()) {
                unreadable.accept("NAME=VALUE pairs with commas between");
            }
        }
        return pairs;
    }

    /** The variable for traces, else the one for everything. */
    private static String of(FlagValues values, String name, String standard) {
        String own = values.variable("OTEL_EXPORTER_OTLP_TRACES_" + name, "").strip();
        String all = values.variable("OTEL_EXPORTER_OTLP_" + name, "").strip();
        return own.isEmpty() ? all.isEmpty() ? standard : all : own;
    }

    /** Without a scheme it is plaintext. The path of OTLP over HTTP is added by whoever sends. */
    private static URI endpoint(FlagValues values, String protocol) {
        boolean http = !protocol.equals("grpc");
        String text = of(values, "ENDPOINT", http ? "http://localhost:4318" : "http://localhost:4317");
        String full = text.contains("://") ? text : "http://" + text;
        boolean whole = http && full.endsWith("/v1/traces");
        var uri = uri(whole ? full.substring(0, full.length() - "v1/traces".length()) : full);
        if (uri == null || uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
            throw ConfigurationException.bad(
                    "OTEL_EXPORTER_OTLP_ENDPOINT", text, "a URL such as http://otel-collector:4317");
        }
        return uri;
    }

    private static @Nullable URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static void sampler(FlagValues values, Map<String, String> told) {
        String sampler = values.variable(SAMPLER, "").strip();
        if (!sampler.isEmpty() && !SAMPLERS.contains(sampler)) {
            values.warn(SAMPLER + ": " + ConfigurationException.shown(sampler) + " is not here, "
                    + STANDARD_SAMPLER + " samples; allowed: "
                    + String.join(", ", SAMPLERS.stream().sorted().toList()));
            sampler = "";
        }
        told.put(SAMPLED_BY, sampler.isEmpty() ? STANDARD_SAMPLER : sampler);
        String share = values.variable(SAMPLER_ARGUMENT, "").strip();
        // read by the others too, which do not use it
        told.put(SAMPLED_SHARE, share(share.isEmpty() ? STANDARD_SHARE : share));
    }

    private static String share(String text) {
        try {
            double share = Double.parseDouble(text);
            if (share >= 0 && share <= 1) {
                return text;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw ConfigurationException.bad(SAMPLER_ARGUMENT, text, "0 to 1");
    }

    /** @param variables the first that says something counts; none leaves the SDK's own limit */
    private static void limit(FlagValues values, String property, Map<String, String> told, String... variables) {
        for (String variable : variables) {
            String limit = values.variable(variable, "").strip();
            if (!limit.isEmpty()) {
                if (!limit.matches("\\d{1,18}")) {
                    throw ConfigurationException.bad(variable, limit, "a whole number");
                }
                told.put(property, Long.toString(Math.min(Integer.MAX_VALUE, Long.parseLong(limit))));
                return;
            }
        }
    }

    private static void pass(FlagValues values, String variable, String property, Map<String, String> told) {
        String value = values.variable(variable, "").strip();
        if (!value.isEmpty()) {
            told.put(property, value);
        }
    }
}
