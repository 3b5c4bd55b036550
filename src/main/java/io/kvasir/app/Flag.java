package io.kvasir.app;

import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The flags of {@code serve}. Each is also an environment variable and a key of the settings file. */
enum Flag {
    ENDPOINTS("endpoints", "FILE", "", "endpoint file (YAML or JSON), followed while running"),
    POOL_NAME("pool-name", "NAME", "", "the InferencePool to pick endpoints of"),
    POOL_NAMESPACE(
            "pool-namespace", "NAME", "", "namespace of pool and pods; by default variable NAMESPACE, else default"),
    POOL_GROUP(
            "pool-group",
            "inference.networking.k8s.io or inference.networking.x-k8s.io",
            "inference.networking.k8s.io",
            "API group of the pool"),
    ENDPOINT_SELECTOR(
            "endpoint-selector", "LABEL=VALUE[,LABEL=VALUE]", "", "pods by label, instead of an InferencePool"),
    ENDPOINT_TARGET_PORTS("endpoint-target-ports", "PORT,...", "", "1 to 8 ports of engines on each selected pod"),
    MODE(
            "mode",
            "ext-proc, proxy or both",
            "",
            "which doors to open; by default ext-proc where a pool or a selector is named, else both"),
    HTTP_PORT("http-port", "PORT", "8080", "port of the HTTP proxy; 0 takes any free one"),
    HTTP_HOST("http-host", "ADDRESS", "0.0.0.0", "address that the doors listen on"),
    TRUSTED_PROXIES(
            "trusted-proxies",
            "ADDRESS,...",
            "",
            "peers whose forwarded headers are believed; blocks such as 10.0.0.0/8 too"),
    NAME_ENDPOINTS("name-endpoints", "true or false", "false", "answers name the endpoint in x-kvasir-endpoint"),
    EXPLAIN_ANSWERS(
            "explain-answers",
            "true or false",
            "false",
            "answers say in x-kvasir-* which endpoint, why, and what was predicted, by either door"),
    FIRST_BYTE_TIMEOUT(
            "first-byte-timeout",
            "DURATION",
            "0s",
            "longest wait for an engine to begin its answer; 0s: as long as the engine lives"),
    DRAIN_TIMEOUT("drain-timeout", "DURATION", "30s", "how long a stop waits for requests in flight"),
    METRICS_PORT("metrics-port", "PORT", "9090", "port of metrics, health and /api", "management-port"),
    POLICY(
            "policy",
            "NAME",
            "time",
            "how endpoints are chosen; given, it goes before a configuration, which is called config"),
    RATES_FILE(
            "rates-file",
            "FILE",
            "",
            "where learned rates outlast a restart: read at start, written each minute and at the end"),
    SHADOW_POLICY(
            "shadow-policy",
            "NAME",
            "",
            "a policy (config: the configuration) that decides beside it and is never used"),
    PD_DECIDER(
            "pd-decider",
            "uncached-tokens, time, always or never",
            "uncached-tokens",
            "when the picker has a prefill endpoint compute a prompt for the decode endpoint"),
    PD_UNCACHED_TOKENS(
            "pd-uncached-tokens",
            "TOKENS",
            "16",
            "for pd-decider uncached-tokens: least prompt tokens that the decode endpoint does not hold; 0 is never"),
    PD_PROMPT_TOKENS(
            "pd-prompt-tokens", "TOKENS", "0", "for pd-decider uncached-tokens: least length of the whole prompt"),
    PD_CROSS_VENDOR(
            "pd-cross-vendor",
            "true or false",
            "false",
            "let GPUs of one vendor prefill for those of another, where connectors can"),
    REFRESH_METRICS_INTERVAL(
            "refresh-metrics-interval",
            "DURATION",
            "auto",
            "how often engines' metrics are read at most; auto: 50ms for busy endpoints, 1s for idle ones"),
    METRICS_STALENESS_THRESHOLD(
            "metrics-staleness-threshold", "DURATION", "2s", "age from which an engine's metrics no longer count"),
    MODEL_SERVER_METRICS_SCHEME(
            "model-server-metrics-scheme", "http or https", "http", "how engines' metrics ports are spoken to"),
    MODEL_SERVER_METRICS_PATH(
            "model-server-metrics-path", "PATH", "", "of metrics pages; by default as engines have it"),
    MODEL_SERVER_METRICS_PORT(
            "model-server-metrics-port",
            "PORT",
            "0",
            "of metrics pages where an endpoint names none; 0 for the engine's"),
    MODEL_SERVER_METRICS_HTTPS_INSECURE_SKIP_VERIFY(
            "model-server-metrics-https-insecure-skip-verify",
            "true or false",
            "true",
            "take any certificate of engines' metrics ports"),
    ENGINE_API_KEY(
            "engine-api-key",
            "KEY",
            "",
            "what engines demand as bearer token of who probes them; better as variable or as engine-api-key-file"),
    ENGINE_API_KEY_FILE("engine-api-key-file", "FILE", "", "the same, read from a file at the start"),
    KV_EVENTS_BIND(
            "kv-events-bind",
            "ADDRESS",
            "",
            "where engines that dial find us with their KV events, such as tcp://*:5557"),
    KV_EVENTS_SILENCE(
            "kv-events-silence",
            "DURATION",
            "15s",
            "how long heartbeats to an engine's KV events may go unanswered before what it told is not believed"),
    KV_EVENT_SOURCES(
            "kv-event-sources",
            "true or false",
            "true",
            "ask engines where they publish KV events, where nobody else says it"),
    TOKENIZERS(
            "tokenizers",
            "MODEL=PATH,...",
            "",
            "folders with tokenizer.json and chat template by which prompts are tokenised here, to match KV events"),
    TOKENIZE_BY_ENGINES(
            "tokenize-by-engines",
            "true or false",
            "true",
            "ask engines that tell KV events for the tokens of prompts that no tokenizer here knows"),
    TOKENIZE_TIMEOUT("tokenize-timeout", "DURATION", "200ms", "longest time that a request waits for its tokens"),
    TOTAL_QUEUED_REQUESTS_METRIC(
            "total-queued-requests-metric", "FAMILY", "", "deprecated: what waits, on every engine's metrics page"),
    TOTAL_RUNNING_REQUESTS_METRIC("total-running-requests-metric", "FAMILY", "", "deprecated: what runs"),
    KV_CACHE_USAGE_PERCENTAGE_METRIC(
            "kv-cache-usage-percentage-metric", "FAMILY", "", "deprecated: share of the KV cache in use"),
    LORA_INFO_METRIC("lora-info-metric", "FAMILY", "", "deprecated: LoRA adapters; an empty value reads none"),
    CACHE_INFO_METRIC("cache-info-metric", "FAMILY", "", "deprecated: size and number of KV blocks"),
    TIME_SCALE("time-scale", "FACTOR", "1", "for simulated engines that run faster: divides all intervals"),
    GRPC_HOST("grpc-host", "ADDRESS", "", "address of the picker's port; by default http-host"),
    GRPC_PORT("grpc-port", "PORT", "9002", "port of the ext-proc endpoint picker"),
    GRPC_HEALTH_PORT("grpc-health-port", "PORT", "9003", "port of the gRPC health service"),
    HEALTH_CHECKING("health-checking", "true or false", "true", "gRPC health on the picker's port too"),
    GRPC_MAX_RECV_MSG_SIZE("grpc-max-recv-msg-size", "SIZE", "64MiB", "longest message that the picker takes"),
    GRPC_MAX_SEND_MSG_SIZE(
            "grpc-max-send-msg-size", "SIZE", "", "longest message that the picker sends; any by default"),
    SECURE_SERVING("secure-serving", "true or false", "true", "TLS on the picker's port"),
    CERT_PATH("cert-path", "DIRECTORY", "", "tls.crt and tls.key for the picker's port; self-signed without"),
    ENABLE_CERT_RELOAD("enable-cert-reload", "true or false", "false", "follow changes of the certificate"),
    CLIENT_CA_FILE("client-ca-file", "FILE", "", "authorities whose client certificates the picker's port demands"),
    TLS_MIN_VERSION(
            "tls-min-version",
            "VersionTLS12 or VersionTLS13",
            "VersionTLS12",
            "least TLS version of the picker's port"),
    TLS_CIPHER_SUITES("tls-cipher-suites", "NAME,...", "", "cipher suites for TLS 1.2 on the picker's port"),
    DISABLE_ENDPOINT_SUBSET_FILTER(
            "disable-endpoint-subset-filter", "true or false", "false", "ignore which endpoints a gateway allows"),
    SUBSET_NAMESPACE(
            "endpoint-subset-metadata-namespace",
            "NAME",
            "envoy.lb.subset_hint",
            "metadata namespace in which a gateway says which endpoints it allows"),
    DESTINATION_NAMESPACE(
            "destination-endpoint-hint-metadata-namespace",
            "NAME",
            "envoy.lb",
            "metadata namespace in which the pick is published"),
    FALLBACK_ENDPOINTS(
            "fallback-endpoints",
            "true or false",
            "false",
            "publish the next best endpoints behind the pick; not every gateway reads a list"),
    EMIT_ENDPOINT_SCORES(
            "emit-endpoint-scores", "true or false", "false", "publish every candidate's score beside the pick"),
    ASSUMED_BODY_MODE(
            "assumed-body-mode",
            "none, streamed, buffered, buffered-partial or full-duplex-streamed",
            "full-duplex-streamed",
            "how bodies come where a gateway does not say"),
    CONFORMANCE(
            "conformance",
            "true or false",
            "false",
            "the test headers of the Gateway API conformance suite; they let clients choose endpoints"),
    CONFIG_FILE(
            "config-file",
            "FILE",
            "",
            "EndpointPickerConfig (YAML or JSON) that says how endpoints are chosen, followed"),
    CONFIG_TEXT("config-text", "YAML", "", "the same, in the flag itself"),
    FEATURE_GATES(
            "feature-gates",
            "NAME=true or false,...",
            "",
            "gates, which go before those of the configuration: flowControl; others are read"),
    UNSUPPORTED_PLUGINS(
            "unsupported-plugins",
            "ignore or refuse",
            "ignore",
            "plug-ins of it that other pickers have and that are not here: left out with one line, or an error"),
    REPLACE_GENERATED_CONFIG(
            "replace-generated-config",
            "true or false",
            "false",
            "have --policy decide where the configuration is the one that KServe writes for everybody"),
    FLOW_CONTROL(
            "flow-control",
            "auto, true or false",
            "auto",
            "hold requests that no endpoint would start soon, and let them go in a fair order; auto: unless the"
                    + " configuration's gate says no"),
    FLOW_CONTROL_FILE(
            "flow-control-file", "FILE", "", "how they wait (YAML or JSON), followed; goes before the configuration"),
    OBJECTIVES(
            "objectives",
            "NAME=PRIORITY[/TTFT/TPOT],...",
            "",
            "objectives, their priorities and the ms that are enough, beside InferenceObjectives, which go before them"),
    SESSION_HEADERS("session-headers", "NAME,...", "", "headers that name a conversation, before those that are known"),
    METRICS_ENDPOINT_AUTH(
            "metrics-endpoint-auth",
            "true or false",
            "",
            "demand a token on /metrics and /api; by default true in a cluster, else false"),
    METRICS_CERT_DIR("metrics-cert-dir", "DIRECTORY", "", "tls.crt and tls.key for the management port"),
    METRICS_CLIENT_CA_FILE(
            "metrics-client-ca-file", "FILE", "", "authorities whose client certificates the management port demands"),
    PEER_METRICS(
            "peer-metrics",
            "true or false",
            "",
            "metrics under the names that other pickers' dashboards read too; by default true with a pool or a"
                    + " selector"),
    HA_ENABLE_LEADER_ELECTION(
            "ha-enable-leader-election", "true or false", "false", "of several replicas only one is ready"),
    DECISION_LOG_SHARE(
            "decision-log-share", "NUMBER", "0", "share of routing decisions that is logged, 0 to 1; never prompts"),
    ACCESS_LOG(
            "access-log",
            "true or false",
            "false",
            "a line of JSON for each request that is over: outcome, times, tokens, tenant; never prompts"),
    TRACING("tracing", "true or false", "false", "spans of requests, sent by OTLP as the variables OTEL_* say"),
    LOG_FORMAT("log-format", "text or json", "text", "how log lines look"),
    ZAP_ENCODER("zap-encoder", "json or console", "", "log-format as other pickers call it"),
    LOG_LEVEL("log-level", "LEVEL", "INFO", "least level that is logged"),
    ZAP_LOG_LEVEL(
            "zap-log-level", "debug, info, warn, error, panic or a number", "", "log-level as other pickers call it"),
    V("v", "NUMBER", "", "verbosity: from 4 on Kvasir's own debug lines"),
    DEMO_TRAFFIC("demo-traffic", "true or false", "true", "the demo sends itself made-up traffic"),
    SETTINGS("settings", "FILE", "", "file of KEY=VALUE lines with these keys"),
    STRICT_FLAGS("strict-flags", "true or false", "false", "refuse to start with an unknown flag");

    /** How variables of ours begin. */
    static final String VARIABLES = "KVASIR_";

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
        return variable(key);
    }

    /** The environment variable of a flag's name. */
    static String variable(String name) {
        return VARIABLES + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Whether it may be given several times, an entry each. */
    boolean isList() {
        return form.endsWith(",...");
    }

    boolean isSwitch() {
        return form.equals("true or false");
    }
}
