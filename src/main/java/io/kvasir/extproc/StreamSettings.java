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
 * @param explain whether answers say why they came from where, see {@link io.kvasir.observe.AnswerHeaders}
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
        boolean explain,
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
            false,
            STREAM_BYTES,
            false);

    public StreamSettings {
        if (streamBytes < 1) {
            throw new IllegalArgumentException("ext-proc body budget: " + streamBytes + " bytes; allowed: at least 1");
        }
    }

    /** Begins with the default. */
    public static Builder builder() {
        return DEFAULT.toBuilder();
    }

    /** Begins with these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects settings, which are explained where they are components. */
    public static final class Builder {
        private BodyMode assumedMode;
        private String metadataNamespace;
        private String subsetNamespace;
        private final String subsetKey;
        private boolean subsetFilter;
        private boolean fallbackList;
        private boolean emitScores;
        private boolean explain;
        private long streamBytes;
        private boolean conformance;

        private Builder(StreamSettings from) {
            assumedMode = from.assumedMode;
            metadataNamespace = from.metadataNamespace;
            subsetNamespace = from.subsetNamespace;
            subsetKey = from.subsetKey;
            subsetFilter = from.subsetFilter;
            fallbackList = from.fallbackList;
            emitScores = from.emitScores;
            explain = from.explain;
            streamBytes = from.streamBytes;
            conformance = from.conformance;
        }

        /** The namespace in which picks are published, then the one in which allowed endpoints are read. */
        public Builder metadataNamespaces(String picks, String subsets) {
            metadataNamespace = picks;
            subsetNamespace = subsets;
            return this;
        }

        public Builder assumedMode(BodyMode value) {
            assumedMode = value;
            return this;
        }

        public Builder subsetFilter(boolean value) {
            subsetFilter = value;
            return this;
        }

        public Builder fallbackList(boolean value) {
            fallbackList = value;
            return this;
        }

        public Builder emitScores(boolean value) {
            emitScores = value;
            return this;
        }

        public Builder explain(boolean value) {
            explain = value;
            return this;
        }

        public Builder streamBytes(long value) {
            streamBytes = value;
            return this;
        }

        public Builder conformance(boolean value) {
            conformance = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException naming the setting, its value and what is allowed
         */
        public StreamSettings build() {
            return new StreamSettings(
                    assumedMode,
                    metadataNamespace,
                    subsetNamespace,
                    subsetKey,
                    subsetFilter,
                    fallbackList,
                    emitScores,
                    explain,
                    streamBytes,
                    conformance);
        }
    }
}
