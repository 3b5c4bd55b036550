package io.kvasir.config;

import io.kvasir.schedule.BuiltIn;
import io.kvasir.schedule.Parameter;
import io.kvasir.schedule.PluginKind;
import io.kvasir.schedule.PluginType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Types that a configuration may name and that are built in: they need not be made, and some say how engines are read. */
final class PartTypes {
    /** How engines' metrics pages are got at. */
    static final String METRICS_SOURCE = "metrics-data-source";

    /** Which families of them are read. */
    static final String METRICS_EXTRACTOR = "core-metrics-extractor";

    static final Parameter<String> SCHEME = Parameter.word("scheme", "http", "http", "https");
    static final Parameter<String> PATH = Parameter.text("path", "/metrics");
    static final Parameter<Long> PORT = Parameter.whole("port", 0, 0, 65_535);
    static final Parameter<Boolean> SKIP_VERIFY = Parameter.flag("insecureSkipVerify", true);
    static final Parameter<String> ENGINE_LABEL = Parameter.text("engineLabelKey", "llm-d.ai/engine-type");
    static final Parameter<String> DEFAULT_ENGINE = Parameter.text("defaultEngine", "vllm");
    static final Parameter<List<Map<String, Object>>> ENGINES =
            Parameter.of("engineConfigs", List.of(), "a list of mappings with a name each", EngineFamilies::maps);

    static final Parameter<Map<?, ?>> CEILINGS = Parameter.of(
            "ceilings",
            Map.of(),
            "a mapping of priorities to numbers from 0 to 1",
            given -> given instanceof Map<?, ?> map
                            && map.values().stream()
                                    .allMatch(value -> value instanceof Number number
                                            && number.doubleValue() >= 0
                                            && number.doubleValue() <= 1)
                    ? map
                    : null);

    private PartTypes() {}

    static List<PluginType> all() {
        return List.of(
                part(
                        METRICS_SOURCE,
                        SCHEME,
                        PATH,
                        PORT,
                        SKIP_VERIFY,
                        any("interval"),
                        any("families"),
                        any("caCertPath"),
                        any("clientCertPath"),
                        any("clientKeyPath")),
                new PluginType(
                        METRICS_EXTRACTOR,
                        List.of("model-server-protocol-metrics"),
                        Set.of(PluginKind.PART),
                        List.of(ENGINE_LABEL, DEFAULT_ENGINE, ENGINES),
                        (given, _) -> new BuiltIn(METRICS_EXTRACTOR, given)),
                part("models-data-source", any("scheme"), any("path"), any("insecureSkipVerify"), any("interval")),
                part("models-data-extractor"),
                part("topology-extractor"),
                part("endpoint-notification-source"),
                part(
                        "approx-prefix-cache-producer",
                        any("autoTune"),
                        any("blockSizeTokens"),
                        any("blockSize"),
                        any("maxPrefixTokensToMatch"),
                        any("maxPrefixBlocksToMatch"),
                        any("lruCapacityPerServer"),
                        any("prefixHashSource")),
                part(
                        "precise-prefix-cache-producer",
                        any("tokenProcessorConfig"),
                        any("indexerConfig"),
                        any("kvEventsConfig"),
                        any("speculativeIndexing"),
                        any("speculativeTTL")),
                part(
                        "inflight-load-producer",
                        any("addEstimatedOutputTokens"),
                        any("outputRatio"),
                        any("maxEstimatedOutputTokens"),
                        any("prefixMatchInfoProducerName"),
                        any("syncCrossReplicaState")),
                new PluginType(
                        "token-producer",
                        List.of("tokenizer"),
                        Set.of(PluginKind.PART),
                        List.of(any("modelName"), any("vllm"), any("estimate"), any("udsTokenizerConfig")),
                        (given, _) -> new BuiltIn("token-producer", given)),
                part("mm-embeddings-cache-producer", any("cacheSizeInMBPerServer")),
                part("session-id-producer", any("headerName"), any("cookieName")),
                part(
                        "predicted-latency-producer",
                        any("sloBufferFactor"),
                        any("contextTTL"),
                        any("streamingMode"),
                        any("endpointRoleLabel"),
                        any("predictInProduce"),
                        any("useEncoderCacheFeatures"),
                        any("samplingMean"),
                        any("maxDecodeTokenSamplesForPrediction")),
                part("agent-identity", any("additionalSessionHeaders")),
                part("global-strict-fairness-policy"),
                part("round-robin-fairness-policy"),
                part(
                        "program-aware-fairness",
                        any("strategy"),
                        any("lasWeightService"),
                        any("lasWeightHeadWait"),
                        any("lasHalfLifeSeconds"),
                        any("evictionTtlSeconds"),
                        any("evictionSweepSeconds")),
                part("fcfs-ordering-policy"),
                part("edf-ordering-policy"),
                part("slo-deadline-ordering-policy"),
                part("static-usage-limit-policy", Parameter.number("threshold", 1, 0, 1_000)),
                part(
                        "priority-holdback-policy",
                        any("shape"),
                        any("domain"),
                        Parameter.number("minCeiling", 1, 0, 1_000),
                        any("maxCeiling"),
                        CEILINGS),
                part("soft-reflective-ceiling-policy"),
                part("sheddable-eviction-filter"),
                part("priority-then-time-eviction-order-policy"),
                part("openai-parser"),
                part("anthropic-parser"),
                part("vllmhttp-parser"),
                part("sglanghttp-parser"),
                part("passthrough-parser"),
                new PluginType(
                        "disagg-headers-handler",
                        List.of("prefill-header-handler"),
                        Set.of(PluginKind.PART),
                        List.of(any("prefillProfile"), any("encodeProfile")),
                        (given, _) -> new BuiltIn("disagg-headers-handler", given)));
    }

    private static Parameter<Object> any(String name) {
        return Parameter.any(name);
    }

    private static PluginType part(String name, Parameter<?>... parameters) {
        return new PluginType(
                name, List.of(), Set.of(PluginKind.PART), List.of(parameters), (given, _) -> new BuiltIn(name, given));
    }
}
