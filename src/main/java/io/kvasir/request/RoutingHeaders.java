package io.kvasir.request;

/**
 * The headers of routing, one table for every door, in lower case: those by which a client could choose where its request
 * runs, those that only routers read, and those that mean something here. Names as the endpoint picker protocol, llm-d,
 * vLLM, SGLang and Dynamo have them.
 *
 * <p>A client cannot set the first kind: they are taken out at every door. The second kind is taken out where clients come
 * directly; behind a gateway they may be its own, for filters that follow.
 */
public final class RoutingHeaders {
    /** A client's conversation. */
    public static final String SESSION = "x-session-id";
    /** The objective that sets a request's priority. */
    public static final String OBJECTIVE = "x-llm-d-inference-objective";
    /** Its older name. */
    public static final String OLD_OBJECTIVE = "x-gateway-inference-objective";
    /** The flow that a request is counted to. */
    public static final String FAIRNESS = "x-llm-d-inference-fairness-id";
    /** Its older name. */
    public static final String OLD_FAIRNESS = "x-gateway-inference-fairness-id";
    /** The model to ask engines for. */
    public static final String REWRITE = "x-llm-d-model-name-rewrite";
    /** Its older name. */
    public static final String OLD_REWRITE = "x-gateway-model-name-rewrite";
    /** Time to first token wanted, in ms. */
    public static final String TTFT_SLO = "x-llm-d-slo-ttft-ms";
    /** Its older name. */
    public static final String OLD_TTFT_SLO = "x-slo-ttft-ms";
    /** Time per output token wanted, in ms. */
    public static final String TPOT_SLO = "x-llm-d-slo-tpot-ms";
    /** Its older name. */
    public static final String OLD_TPOT_SLO = "x-slo-tpot-ms";
    /** The model that an earlier filter of a gateway found. */
    public static final String GATEWAY_MODEL = "x-gateway-model-name";
    /** What every client of Anthropic's API sends. */
    public static final String ANTHROPIC_VERSION = "anthropic-version";

    /** By these a backend, a rank of it or a partner of it is chosen. */
    private static final String[] CHOICES = {
        "x-gateway-destination-endpoint",
        "x-prefiller-",
        "x-prefill-",
        "x-decoder-",
        "x-decode-",
        "x-encoder-",
        "x-data-parallel-",
        "x-dp-rank",
        "x-kv-cache-source-",
        "x-inference-",
        "x-worker-instance-",
        "x-smg-target-",
        "x-kvasir-",
        "test-epp-"
    };

    /** Of routers, and of the backends of their conformance suite. */
    private static final String[] ROUTERS = {
        "x-gateway-", "x-llm-d-", "x-slo-", "x-conformance-test-", "x-echo-set-header"
    };

    private RoutingHeaders() {}

    /** Whether a client could choose by it where its request runs. Names in lower case. */
    public static boolean choosesBackend(String name) {
        return startsWithAny(name, CHOICES);
    }

    /** Whether it is no engine's business. Names in lower case. */
    public static boolean isRouters(String name) {
        return startsWithAny(name, ROUTERS) || choosesBackend(name);
    }

    private static boolean startsWithAny(String name, String[] beginnings) {
        char first = name.isEmpty() ? '\0' : name.charAt(0);
        if (first != 'x' && first != 't') {
            return false;
        }
        for (String beginning : beginnings) {
            if (name.startsWith(beginning)) {
                return true;
            }
        }
        return false;
    }
}
