package io.kvasir.prefix;

import java.util.Arrays;

/**
 * The answer of a {@link PrefixView} for one request: by endpoint ordinal, the leading tokens that can be reused and
 * how sure the view is of that. Owned by the caller and reused; grows to the number of endpoints and stays there.
 */
public final class PrefixMatches {

    /** Whether the view could answer. */
    public enum Outcome {
        /** The tokens are the view's answer, be they all 0. */
        ANSWERED,
        /** The prompt gave no keys: shorter than a block, or of a kind that has none. */
        NO_KEYS,
        /** The index kept changing while it was read; all tokens are 0. */
        CONTENDED
    }

    private int[] tokens = new int[0];
    private float[] confidence = new float[0];
    private int endpoints;
    private long promptTokens;
    private Outcome outcome = Outcome.NO_KEYS;

    /** Clears the answer for ordinals 0 to {@code endpoints} - 1. */
    public void reset(int endpoints) {
        if (tokens.length < endpoints) {
            tokens = new int[Math.max(endpoints, 2 * tokens.length)];
            confidence = new float[tokens.length];
        } else {
            Arrays.fill(tokens, 0, endpoints, 0);
            Arrays.fill(confidence, 0, endpoints, 0);
        }
        this.endpoints = endpoints;
        promptTokens = 0;
        outcome = Outcome.NO_KEYS;
    }

    /** Leading tokens that the endpoint can reuse, at most {@link #promptTokens} and 0 where nothing is known. */
    public int tokens(int ordinal) {
        return tokens[ordinal];
    }

    /** From 0 (a guess) to 1 (certain): the share of the predicted tokens that should really be there. */
    public float confidence(int ordinal) {
        return confidence[ordinal];
    }

    /** {@link #tokens(int)} of all ordinals; valid up to {@link #endpoints}, written by views only. */
    public int[] tokens() {
        return tokens;
    }

    /** {@link #confidence(int)} of all ordinals; valid up to {@link #endpoints}, written by views only. */
    public float[] confidence() {
        return confidence;
    }

    /** Ordinals covered by this answer. */
    public int endpoints() {
        return endpoints;
    }

    /** Tokens of the whole prompt as far as they are known. */
    public long promptTokens() {
        return promptTokens;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** For views: sets what the answer says of the request as a whole. */
    public void conclude(Outcome outcome, long promptTokens) {
        this.outcome = outcome;
        this.promptTokens = promptTokens;
    }
}
