package io.kvasir.schedule;

/** Says which profiles a request runs through, as {@code EndpointPickerConfig} has it. */
public sealed interface ProfileHandler extends Plugin {

    /** The only profile. */
    record Single() implements ProfileHandler {
        @Override
        public String name() {
            return "single-profile-handler";
        }
    }

    /**
     * The profile that a header names.
     *
     * @param name of its type: there are two, of other headers by default
     * @param header in lower case
     * @param otherwise the profile of requests without it
     */
    record ByHeader(String name, String header, String otherwise) implements ProfileHandler {}

    /**
     * The only profile; the pick is told in a header, and the request goes to one port of its pod, where a sidecar passes it
     * on.
     *
     * @param primaryPort that port
     */
    record DataParallel(int primaryPort) implements ProfileHandler {
        @Override
        public String name() {
            return "data-parallel-profile-handler";
        }
    }

    /**
     * One profile for who answers, one for who prefills.
     *
     * @param decode name of the profile of those that answer
     * @param prefill name of the profile of those that prefill
     * @param encode name of the profile of those that encode media
     * @param prefillDecider name of the plug-in that says whether somebody prefills; empty for none
     * @param encodeDecider name of the plug-in that says whether somebody encodes; empty for none
     * @param prefillFirst whether the one that prefills is chosen first, always
     * @param leastUncached for the oldest form, which has no decider: least uncached tokens; 0 for always, -1 where a
     *     decider is asked
     */
    record Disaggregated(
            String decode,
            String prefill,
            String encode,
            String prefillDecider,
            String encodeDecider,
            boolean prefillFirst,
            int leastUncached)
            implements ProfileHandler {
        @Override
        public String name() {
            return "disagg-profile-handler";
        }
    }
}
