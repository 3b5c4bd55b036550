package io.kvasir.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Types of plug-ins that other pickers have and that are not here, each with what to use instead. */
public final class LackingTypes {
    private static final Map<String, String> ADVICE = new LinkedHashMap<>();

    static {
        String clusters = "a pool is one cluster: run a picker in each, and let the gateway choose between clusters";
        lack(
                clusters,
                "multicluster-file-discovery",
                "multicluster-metrics-data-source",
                "multicluster-metrics-extractor",
                "multicluster-queue-scorer",
                "multicluster-kv-cache-utilization-scorer",
                "multicluster-prefix-cache-scorer",
                "multicluster-approx-prefix-cache-producer",
                "multicluster-session-affinity-filter");
        lack(
                "use prefix-cache-scorer: a prompt counts where it was placed from the moment on that it was",
                "burst-prefix-cache-producer");
        lack("engines fetch what they lack by their own connector", "p2p-source-producer");
        String conformance = "use --conformance=true, in test clusters only";
        lack(conformance, "header-based-testing-filter", "destination-endpoint-served-verifier");
        lack(
                "use --flow-control: requests of negative priority are the first to be refused, and can be evicted",
                "latency-slo-admitter",
                "probabilistic-admitter");
        lack("use metrics: kvasir_prompt_tokens_total and kvasir_output_tokens_total", "request-attribute-reporter");
        lack("use label-selector-filter while a revision rolls out", "disaggregatedset-rollout-screener");
        lack(
                "use core-metrics-extractor with customMetrics of a page that has the GPU's figures",
                "dcgm-data-source",
                "dcgm-extractor");
        lack("InferenceObjectives and rewrites are watched without it", "k8s-notification-source");
        lack("use --endpoints FILE, which has the same format", "file-discovery");
        lack(
                "replicas of this picker share nothing: each keeps its own books, and reads the engines' own",
                "redis-syncer",
                "redis-state-store",
                "local-syncer");
        lack(
                "use --flow-control: sessions are served fairly, and each goes on where its prompts are held",
                "thunder-agent");
        lack(
                "use prefix-cache-scorer: what engines hold of a session is known without it",
                "session-interturn-latency-producer",
                "kv-cache-hint-v2");
        lack("the list of models is answered without it", "models-responder");
        lack(
                "use header-label-affinity-scorer, or label-selector-filter",
                "label-producer",
                "endpoint-attribute-weight-scorer");
        lack("what is expected of an answer is learned without it", "output-length-bucket", "osl-bucket");
        lack("use --flow-control: what waits is decided by predicted seconds", "max-saturation-detector");
        lack("bodies in protobuf pass unread", "vllmgrpc-parser", "vertexai-parser");
    }

    private LackingTypes() {}

    private static void lack(String advice, String... types) {
        for (String type : types) {
            ADVICE.put(type, advice);
        }
    }

    /** What to use instead; null for a type that nobody has. */
    static @Nullable String advice(String type) {
        return ADVICE.get(type);
    }

    /** All of them, with what to use instead. */
    public static Map<String, String> all() {
        return Map.copyOf(ADVICE);
    }
}
