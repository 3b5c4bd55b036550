package io.kvasir.schedule;

import io.kvasir.request.Request;

/** How many tokens each sequence of a request is expected to generate. */
final class ExpectedOutput {
    /** Tokens that one sequence is taken to be able to have where no endpoint tells. */
    private static final int UNTOLD_CONTEXT = 131_072;

    private ExpectedOutput() {}

    /**
     * The mean of what was seen, within the request's own bounds; the upper one, as far as an endpoint could fill it, where
     * the request goes on whatever the model says.
     *
     * @param mean of answers like this one, in tokens
     */
    static double tokens(Request request, String model, double mean, Candidates candidates) {
        int most = request.maxOutputTokens();
        if (most == 0 || !request.dialect().generates()) {
            return 0;
        }
        if (most > 0 && request.ignoreEos()) {
            return Math.min(most, longest(model, most, candidates));
        }
        int least = request.minOutputTokens();
        double tokens = least > mean ? Math.min(least, longest(model, least, candidates)) : mean;
        return most > 0 ? Math.min(most, tokens) : tokens;
    }

    /** What the roomiest endpoint can generate; no more than {@code enough}, unless it can. */
    private static double longest(String model, int enough, Candidates candidates) {
        long longest = 0;
        for (int i = 0; i < candidates.size() && longest < enough; i++) {
            int limit = candidates.candidate(i).contextTokens(model);
            longest = Math.max(longest, limit == 0 ? UNTOLD_CONTEXT : limit);
        }
        return longest;
    }
}
