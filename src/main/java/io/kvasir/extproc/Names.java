package io.kvasir.extproc;

import java.util.Set;

/** Names on the wire that proxies, engines and other pickers agree on. All in lower case. */
final class Names {
    /** The pick: request header and metadata key. */
    static final String DESTINATION = "x-gateway-destination-endpoint";
    /** What every candidate scored: metadata key. */
    static final String SCORES = "x-gateway-destination-endpoint-scores";
    /** Who served: metadata key of the response phase. */
    static final String SERVED = "x-gateway-destination-endpoint-served";
    /** Where a decode replica's sidecar has the prompt computed. */
    static final String PREFILLER = "x-prefiller-host-port";
    /** Why a request was refused. */
    static final String DROPPED_REASON = "x-llm-d-request-dropped-reason";
    /** Endpoints wanted by the conformance suite. */
    static final String TEST_SELECTION = "test-epp-endpoint-selection";
    /** What the conformance suite reads the served endpoint from. */
    static final String TEST_SERVED = "x-conformance-test-served-endpoint";

    /** Request headers by which a client could choose where its request runs; taken out before an engine sees them. */
    static final Set<String> ROUTING_HEADERS = Set.of(
            DESTINATION,
            "x-gateway-destination-endpoint-subset",
            SERVED,
            PREFILLER,
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-kv-cache-source-host-port",
            TEST_SELECTION);

    private Names() {}
}
