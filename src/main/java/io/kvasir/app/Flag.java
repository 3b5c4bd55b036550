package io.kvasir.app;

import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The flags of {@code serve}. Each is also an environment variable and a key of the settings file. */
enum Flag {
    MODE(
            "mode",
            "ext-proc, proxy or both",
            "",
            "which doors to open; by default ext-proc where a pool or a selector is named, else both"),
    POOL_NAME("pool-name", "NAME", "", "the InferencePool to pick endpoints of"),
    POOL_NAMESPACE(
            "pool-namespace", "NAME", "", "namespace of pool and pods; by default variable NAMESPACE, else default"),
    POOL_GROUP(
            "pool-group",
            "inference.networking.k8s.io or inference.networking.x-k8s.io",
            "inference.networking.k8s.io",
            "API group of the pool"),
    ENDPOINT_SELECTOR("endpoint-selector", "LABEL=VALUE,...", "", "pods by label, instead of an InferencePool"),
    ENDPOINT_TARGET_PORTS("endpoint-target-ports", "PORTS", "", "1 to 8 ports of engines on each selected pod"),
    ENDPOINTS("endpoints", "FILE", "", "endpoint file (YAML or JSON), followed while running"),
    HTTP_PORT("http-port", "PORT", "8080", "port of the HTTP proxy; 0 takes any free one"),
    HTTP_HOST("http-host", "ADDRESS", "0.0.0.0", "address that the doors listen on"),
    METRICS_PORT("metrics-port", "PORT", "9090", "port of metrics, health and /api", "management-port"),
    POLICY("policy", "NAME", "time", "how endpoints are chosen"),
    REFRESH_METRICS_INTERVAL(
            "refresh-metrics-interval",
            "DURATION",
            "auto",
            "how often engines' metrics are read; auto: 50ms for busy endpoints, 1s for idle ones"),
    METRICS_STALENESS_THRESHOLD(
            "metrics-staleness-threshold", "DURATION", "2s", "age from which an engine's metrics no longer count"),
    TIME_SCALE("time-scale", "FACTOR", "1", "for simulated engines that run faster: divides all intervals"),
    DRAIN_TIMEOUT("drain-timeout", "DURATION", "30s", "how long a stop waits for requests in flight"),
    GRPC_PORT("grpc-port", "PORT", "9002", "port of the ext-proc endpoint picker"),
    GRPC_HEALTH_PORT("grpc-health-port", "PORT", "9003", "port of the gRPC health service"),
    SECURE_SERVING("secure-serving", "true or false", "true", "TLS on the ext-proc port"),
    CERT_PATH("cert-path", "DIRECTORY", "", "tls.crt and tls.key for the ext-proc port; self-signed without"),
    ENABLE_CERT_RELOAD("enable-cert-reload", "true or false", "false", "follow changes of the certificate"),
    TRUSTED_PROXIES("trusted-proxies", "ADDRESSES", "", "peers whose forwarded headers are believed"),
    NAME_ENDPOINTS("name-endpoints", "true or false", "false", "answers name the endpoint in x-kvasir-endpoint"),
    LOG_FORMAT("log-format", "text or json", "text", "how log lines look"),
    LOG_LEVEL("log-level", "LEVEL", "INFO", "least level that is logged"),
    SETTINGS("settings", "FILE", "", "file of KEY=VALUE lines with these keys"),
    STRICT_FLAGS("strict-flags", "true or false", "false", "refuse to start with an unknown flag");

    private final String key;
    private final String form;
    private final String standard;
    private final String meaning;
    private final @Nullable String alias;

    Flag(String key, String form, String standard, String meaning) {
        this(key, form, standard, meaning, null);
    }

    Flag(String key, String form, String standard, String meaning, @Nullable String alias) {
        this.key = key;
        this.form = form;
        this.standard = standard;
        this.meaning = meaning;
        this.alias = alias;
    }

    String key() {
        return key;
    }

    /** What a value looks like, for help. */
    String form() {
        return form;
    }

    /** The value without flag, variable or file. */
    String standard() {
        return standard;
    }

    String meaning() {
        return meaning;
    }

    /** The key and its other name, if it has one. */
    Stream<String> names() {
        return Stream.of(key, alias).filter(Objects::nonNull);
    }

    /** The environment variable that sets it. */
    String variable() {
        return "KVASIR_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    boolean isSwitch() {
        return form.equals("true or false");
    }
}
