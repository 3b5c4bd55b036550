package io.kvasir.extproc;

/**
 * How a stream behaves.
 *
 * @param assumedMode body mode of both directions where the proxy does not tell
 * @param metadataNamespace namespace in which the pick is published
 * @param subsetNamespace namespace in which a proxy says which endpoints are allowed
 * @param subsetKey key of that list
 * @param subsetFilter whether the list is obeyed
 * @param fallbackList whether the pick is followed by its fallbacks, separated by commas; many proxies read one address
 *     only and fail on a list
 * @param emitScores whether every candidate's score is published beside the pick
 * @param streamBytes most body bytes that one undecided request may hold; beyond, it is decided on what was read
 * @param conformance whether the test filter header and the served-endpoint header of the Gateway API conformance suite
 *     work; it lets clients choose endpoints
 */
public record StreamSettings(
        BodyMode assumedMode,
        String metadataNamespace,
        String subsetNamespace,
        String subsetKey,
        boolean subsetFilter,
        boolean fallbackList,
        boolean emitScores,
        long streamBytes,
        boolean conformance) {
    private static final long STREAM_BYTES = 64L << 20;

    /** Full duplex, the names of the endpoint picker protocol, 64 MiB a stream. */
    public static final StreamSettings DEFAULT = new StreamSettings(
            BodyMode.FULL_DUPLEX,
            "envoy.lb",
            "envoy.lb.subset_hint",
            "x-gateway-destination-endpoint-subset",
            true,
            false,
            false,
            STREAM_BYTES,
            false);

    public StreamSettings {
        if (streamBytes < 1) {
            throw new IllegalArgumentException("ext-proc body budget: " + streamBytes + " bytes; allowed: at least 1");
        }
    }

    /** The same with another mode where the proxy does not tell. */
    public StreamSettings withAssumedMode(BodyMode mode) {
        return new StreamSettings(
                mode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                subsetFilter,
                fallbackList,
                emitScores,
                streamBytes,
                conformance);
    }

    /** The same with the pick published, and the allowed endpoints read, in other namespaces. */
    public StreamSettings withMetadataNamespaces(String picks, String subsets) {
        return new StreamSettings(
                assumedMode,
                picks,
                subsets,
                subsetKey,
                subsetFilter,
                fallbackList,
                emitScores,
                streamBytes,
                conformance);
    }

    /** The same with subset lists obeyed or not. */
    public StreamSettings withSubsetFilter(boolean obeyed) {
        return new StreamSettings(
                assumedMode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                obeyed,
                fallbackList,
                emitScores,
                streamBytes,
                conformance);
    }

    /** The same with fallbacks after the pick or not. */
    public StreamSettings withFallbackList(boolean listed) {
        return new StreamSettings(
                assumedMode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                subsetFilter,
                listed,
                emitScores,
                streamBytes,
                conformance);
    }

    /** The same with every candidate's score published or not. */
    public StreamSettings withScores(boolean emitted) {
        return new StreamSettings(
                assumedMode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                subsetFilter,
                fallbackList,
                emitted,
                streamBytes,
                conformance);
    }

    /** The same with another limit of what an undecided request holds, in bytes. */
    public StreamSettings withStreamBytes(long stream) {
        return new StreamSettings(
                assumedMode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                subsetFilter,
                fallbackList,
                emitScores,
                stream,
                conformance);
    }

    /** The same with the conformance suite's headers working or not. */
    public StreamSettings withConformance(boolean on) {
        return new StreamSettings(
                assumedMode,
                metadataNamespace,
                subsetNamespace,
                subsetKey,
                subsetFilter,
                fallbackList,
                emitScores,
                streamBytes,
                on);
    }
}
