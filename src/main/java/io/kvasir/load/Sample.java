package io.kvasir.load;

/**
 * What became of one request. Times are nanoseconds of the client's clock, in real time.
 *
 * @param index position in the schedule
 * @param request what was asked
 * @param intendedNanos when the schedule wanted it sent
 * @param sentNanos when it was handed to the network
 * @param firstNanos when its first content arrived; -1 if none did
 * @param endNanos when it ended, well or not
 * @param tokens of the answer, as the engine reported, else events with content
 * @param promptTokens as the engine reported; -1 if it did not
 * @param cachedTokens as the engine reported; -1 if it did not
 * @param endpoint who served it, as the router says; empty if it does not
 * @param outcome {@link #COMPLETE}, {@link #UNFINISHED}, or what went wrong, in a word or two
 */
record Sample(
        int index,
        TraceRequest request,
        long intendedNanos,
        long sentNanos,
        long firstNanos,
        long endNanos,
        int tokens,
        int promptTokens,
        int cachedTokens,
        String endpoint,
        String outcome) {
    /** Answered whole: status 200, all tokens asked for, end mark, orderly end. */
    static final String COMPLETE = "complete";

    /** Given up by the client when the time to drain was over. */
    static final String UNFINISHED = "unfinished";

    /** Whether it was answered whole. */
    boolean complete() {
        return outcome.equals(COMPLETE);
    }

    /** Whether the client gave it up. */
    boolean unfinished() {
        return outcome.equals(UNFINISHED);
    }
}
