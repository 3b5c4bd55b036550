package io.kvasir.traffic;

import static io.kvasir.traffic.HeaderUse.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The headers of requests that mean something here, and those that nobody may set: one table for every door. Names as the
 * endpoint picker protocol, llm-d, vLLM, SGLang and Dynamo have them. What is not in it passes, but for the headers of a
 * single hop.
 *
 * <p>A client cannot say where its request runs, by either door. What routers alone read goes no further than the proxy;
 * behind a gateway it may be the gateway's own, for filters that follow.
 */
public enum RoutingHeader {
    /** Taken over up to 128 printable characters; the proxy makes one where there is none. */
    REQUEST_ID("the request's name in logs and errors", By.CLIENT, READ_SET, READ, "x-request-id"),
    /** A client's conversation, as agents and load tools name it; the first that is sent counts. */
    SESSION(
            "conversation",
            By.CLIENT,
            READ,
            READ,
            "x-claude-code-session-id",
            "session-id",
            "session_id",
            "x-session-affinity",
            "x-session-id",
            "x-dynamo-session-id"),
    /** The conversation that one is part of, where a program has several. */
    PARENT_SESSION(
            "conversation that it is part of",
            By.CLIENT,
            READ,
            READ,
            "x-parent-session-id",
            "x-dynamo-parent-session-id",
            "x-codex-parent-thread-id"),
    /** How often the client's library has sent it before. */
    RETRIES("times that it was sent before", By.CLIENT, READ, READ, "x-stainless-retry-count"),
    /** How long it may wait; shortens what is configured. */
    TTL("longest wait, as Go writes durations", By.CLIENT, READ_STRIPPED, READ, "x-llm-d-inference-ttl"),
    /** The objective that sets a request's priority. */
    OBJECTIVE(
            "objective",
            By.TRUSTED_PROXY,
            READ_TRUSTED,
            READ,
            "x-llm-d-inference-objective",
            "x-gateway-inference-objective"),
    /** The flow that a request is counted to. */
    FAIRNESS(
            "fairness id",
            By.TRUSTED_PROXY,
            READ_TRUSTED,
            READ,
            "x-llm-d-inference-fairness-id",
            "x-gateway-inference-fairness-id"),
    /** The model to ask engines for. */
    REWRITE(
            "model to ask engines for",
            By.CLIENT,
            READ_STRIPPED,
            READ,
            "x-llm-d-model-name-rewrite",
            "x-gateway-model-name-rewrite"),
    /** Time to first token wanted, in ms. */
    TTFT_SLO("time to first token wanted, ms", By.CLIENT, READ_STRIPPED, READ, "x-llm-d-slo-ttft-ms", "x-slo-ttft-ms"),
    /** Time per output token wanted, in ms. */
    TPOT_SLO(
            "time per output token wanted, ms", By.CLIENT, READ_STRIPPED, READ, "x-llm-d-slo-tpot-ms", "x-slo-tpot-ms"),
    /** What every client of Anthropic's API sends. */
    ANTHROPIC_VERSION("errors are to be Anthropic's", By.CLIENT, READ, READ, "anthropic-version"),
    /** The trace that a request belongs to, by W3C's Trace Context; engines get the span that is made here, where one is. */
    TRACEPARENT("trace that the request belongs to", By.CLIENT, READ, READ, "traceparent"),
    /** What tracing systems add to it. */
    TRACESTATE("the trace's state", By.CLIENT, READ, READ, "tracestate"),
    /** The model that an earlier filter of a gateway found. */
    GATEWAY_MODEL("model of the body, as the gateway read it", By.GATEWAY, STRIPPED, READ, "x-gateway-model-name"),
    /** The endpoints that the conformance suite wants; passed where it is run, for its backend compares what it gets. */
    TEST_SELECTION(
            "endpoints wanted, with `--conformance` only",
            By.NOBODY,
            STRIPPED,
            READ_STRIPPED,
            "test-epp-endpoint-selection"),

    /** The pick. */
    DESTINATION("the pick", By.NOBODY, STRIPPED, SET, "x-gateway-destination-endpoint"),
    /** Where a decode replica's sidecar has the prompt computed. */
    PREFILLER("the endpoint that prefills", By.NOBODY, STRIPPED, SET, "x-prefiller-host-port"),
    /** Where a decode replica's sidecar has media encoded. */
    ENCODERS("the endpoints that encode media", By.NOBODY, STRIPPED, SET, "x-encoder-hosts-ports"),
    /** By these a backend, a rank of it or a partner of it is chosen. */
    CHOICES(
            "a backend, a rank or a partner of it",
            By.NOBODY,
            STRIPPED,
            STRIPPED,
            "x-gateway-destination-endpoint*",
            "x-prefiller-*",
            "x-prefill-*",
            "x-decoder-*",
            "x-decode-*",
            "x-encoder-*",
            "x-data-parallel-*",
            "x-dp-rank*",
            "x-kv-cache-source-*",
            "x-inference-*",
            "x-worker-instance-*",
            "x-smg-target-*",
            "x-kvasir-*",
            "test-epp-*"),
    /** Of routers, and of the backends of their conformance suite. */
    ROUTERS(
            "what other routers read",
            By.GATEWAY,
            STRIPPED,
            PASSED,
            "x-gateway-*",
            "x-llm-d-*",
            "x-slo-*",
            "x-conformance-test-*",
            "x-echo-set-header*"),

    /** The peer's address, behind those that a trusted peer sent. */
    FORWARDED_FOR("addresses on the way", By.TRUSTED_PROXY, TRUSTED, PASSED, "x-forwarded-for"),
    /** What a peer that is not trusted could lie with. */
    FORWARDED(
            "the client's side of a trusted proxy",
            By.TRUSTED_PROXY,
            TRUSTED,
            PASSED,
            "forwarded",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-port",
            "x-real-ip");

    /** Who may set a header. Others' are taken out, or not believed. */
    public enum By {
        /** Everybody. */
        CLIENT("client"),
        /** A gateway, and whom it lets. */
        GATEWAY("gateway"),
        /** A proxy with a trusted address, or a gateway. */
        TRUSTED_PROXY("trusted proxy"),
        /** Kvasir itself at most. */
        NOBODY("nobody");

        private final String words;

        By(String words) {
            this.words = words;
        }

        /** As documentation says it. */
        public String words() {
            return words;
        }
    }

    /** Headers that are read come first in the table. */
    static final int READ_ONES = TEST_SELECTION.ordinal() + 1;

    private static final Map<String, RoutingHeader> EXACT = new HashMap<>();
    private static final String[] BEGINNINGS;
    private static final RoutingHeader[] FAMILIES;

    static {
        var beginnings = new ArrayList<String>();
        var families = new ArrayList<RoutingHeader>();
        for (RoutingHeader header : values()) {
            for (String name : header.names) {
                if (name.endsWith("*")) {
                    beginnings.add(name.substring(0, name.length() - 1));
                    families.add(header);
                } else {
                    EXACT.put(name, header);
                }
            }
        }
        BEGINNINGS = beginnings.toArray(String[]::new);
        FAMILIES = families.toArray(RoutingHeader[]::new);
    }

    private final String meaning;
    private final By by;
    private final HeaderUse proxy;
    private final HeaderUse picker;

    @SuppressWarnings("ImmutableEnumChecker") // a copy that cannot be changed
    private final List<String> names;

    RoutingHeader(String meaning, By by, HeaderUse proxy, HeaderUse picker, String... names) {
        this.meaning = meaning;
        this.by = by;
        this.proxy = proxy;
        this.picker = picker;
        this.names = List.copyOf(Arrays.asList(names));
    }

    /**
     * The row that a header belongs to.
     *
     * @param name in lower case
     * @return null for a header that means nothing here
     */
    public static @Nullable RoutingHeader of(String name) {
        char first = name.isEmpty() ? '\0' : name.charAt(0);
        if (first != 'x' && first != 's' && first != 't' && first != 'a' && first != 'f') {
            return null;
        }
        var exact = EXACT.get(name);
        if (exact != null) {
            return exact;
        }
        for (int i = 0; i < BEGINNINGS.length; i++) {
            if (name.startsWith(BEGINNINGS[i])) {
                return FAMILIES[i];
            }
        }
        return null;
    }

    /** What it says, in a few words. */
    public String meaning() {
        return meaning;
    }

    public By by() {
        return by;
    }

    /** What that door does with it. */
    public HeaderUse at(Door door) {
        return door == Door.PROXY ? proxy : picker;
    }

    /** In lower case: the name that counts first, then the next ones. A star at the end stands for anything, or nothing. */
    public List<String> names() {
        return names;
    }

    /** The first name, without a star. */
    public String key() {
        String name = names.getFirst();
        return name.endsWith("*") ? name.substring(0, name.length() - 1) : name;
    }
}
