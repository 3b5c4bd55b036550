package io.kvasir.schedule;

/**
 * Parameters by which other pickers say which instance of a data producer a plug-in reads. There is one of each here: the view
 * of prefixes, and the books of what is in flight.
 */
final class Producers {
    static final Parameter<String> PREFIX =
            Parameter.text("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
    static final Parameter<String> IN_FLIGHT = Parameter.text("inFlightLoadProducerName", "inflight-load-producer");
    static final Parameter<String> LATENCY =
            Parameter.text("latencyPredictionInfoProducerName", "predicted-latency-producer");
    static final Parameter<String> TOPOLOGY = Parameter.text("topologyProducerName", "topology-extractor");

    private Producers() {}
}
