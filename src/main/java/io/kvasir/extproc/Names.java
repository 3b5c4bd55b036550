package io.kvasir.extproc;

import io.kvasir.traffic.RoutingHeader;

/** Names on the wire that proxies, engines and other pickers agree on. All in lower case. */
final class Names {
    /** The pick: request header and metadata key. */
    static final String DESTINATION = RoutingHeader.DESTINATION.key();
    /** What every candidate scored: metadata key. */
    static final String SCORES = "x-gateway-destination-endpoint-scores";
    /** Who served: metadata key of the response phase. */
    static final String SERVED = "x-gateway-destination-endpoint-served";
    /** Where a decode replica's sidecar has the prompt computed. */
    static final String PREFILLER = RoutingHeader.PREFILLER.key();
    /** Where a decode replica's sidecar has media encoded. */
    static final String ENCODERS = RoutingHeader.ENCODERS.key();
    /** The rank of a pod that a sidecar passes the request to. */
    static final String RANK = "x-data-parallel-host-port";
    /** Endpoints wanted by the conformance suite. */
    static final String TEST_SELECTION = RoutingHeader.TEST_SELECTION.key();
    /** What the conformance suite reads the served endpoint from. */
    static final String TEST_SERVED = "x-conformance-test-served-endpoint";

    private Names() {}
}
