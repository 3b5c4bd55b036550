package io.kvasir.prefix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a {@link PrefixView} for one request: by endpoint ordinal, the leading tokens that can be reused, from
 * which tier, how sure that is and what it rests on. Owned by the caller and reused; grows to the number of endpoints and
 * stays there.
 */
public final class PrefixMatches {

    /** Whether the view could answer. */
    public enum Outcome {
        /** The tokens are the view's answer, be they all 0. */
        ANSWERED,
        /** The prompt has no keys that the view knows: it is shorter than a block, or of a kind that has none. */
        NO_KEYS,
        /** The index kept changing while it was read; all tokens are 0. */
        CONTENDED
    }

    private int[] tokens = new int[0];
    private float[] confidence = new float[0];
    private int endpoints;
    private long promptTokens;
    private Outcome outcome = Outcome.NO_KEYS;
    private @Nullable PrefixSource source;

    /** By ordinal, where {@link #mixed} answers of several views are; else {@link #source} counts for all. */
    private @Nullable PrefixSource[] sources = new PrefixSource[0];

    private boolean mixed;

    /** Of {@link #tokens} what is not in the nearest tier, by ordinal; counts if {@link #tiered}. */
    private int[] inHost = new int[0];

    private int[] inStorage = new int[0];
    private boolean tiered;

    /** Of whom what they hold kept changing while it was read, by ordinal; counts if {@link #anyDisturbed}. */
    private boolean[] disturbed = new boolean[0];

    private boolean anyDisturbed;

    /** Where a stack has its next view answer. */
    private @Nullable PrefixMatches next;

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
        source = null;
        mixed = false;
        tiered = false;
        anyDisturbed = false;
    }

    /** Leading tokens that the endpoint can reuse, at most {@link #promptTokens} and 0 where nothing is known. */
    public int tokens(int ordinal) {
        return tokens[ordinal];
    }

    /** How many of {@link #tokens(int)} are in that tier and in none that is nearer. */
    public int tokens(int ordinal, CacheTier tier) {
        int host = tiered ? inHost[ordinal] : 0;
        int storage = tiered ? inStorage[ordinal] : 0;
        return switch (tier) {
            case GPU -> tokens[ordinal] - host - storage;
            case CPU -> host;
            case STORAGE -> storage;
        };
    }

    /** From 0 (a guess) to 1 (certain): the share of the predicted tokens that should really be there. */
    public float confidence(int ordinal) {
        return confidence[ordinal];
    }

    /** What the answer for the endpoint rests on; null where no view was asked. */
    public @Nullable PrefixSource source(int ordinal) {
        return mixed ? sources[ordinal] : source;
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

    /** For views: sets what the answer says of the request as a whole, and what it rests on. */
    public void conclude(Outcome outcome, long promptTokens, PrefixSource source) {
        this.outcome = outcome;
        this.promptTokens = promptTokens;
        this.source = source;
    }

    /** For views: of the tokens that the endpoint can reuse, so many are not in the nearest tier. */
    public void further(int ordinal, int hostTokens, int storageTokens) {
        beginTiers();
        inHost[ordinal] = hostTokens;
        inStorage[ordinal] = storageTokens;
    }

    /** For views: what the endpoint holds kept changing while it was read, so that they have no answer for it. */
    public void disturb(int ordinal) {
        if (!anyDisturbed) {
            anyDisturbed = true;
            if (disturbed.length < endpoints) {
                disturbed = new boolean[tokens.length];
            } else {
                Arrays.fill(disturbed, 0, endpoints, false);
            }
        }
        disturbed[ordinal] = true;
    }

    /**
     * Whether the first view that was asked has no answer for the endpoint, since what that holds kept changing while it was
     * read; another may have answered.
     */
    public boolean isDisturbed(int ordinal) {
        return anyDisturbed && disturbed[ordinal];
    }

    private void beginTiers() {
        if (tiered) {
            return;
        }
        tiered = true;
        if (inHost.length < endpoints) {
            inHost = new int[tokens.length];
            inStorage = new int[tokens.length];
        } else {
            Arrays.fill(inHost, 0, endpoints, 0);
            Arrays.fill(inStorage, 0, endpoints, 0);
        }
    }

    /** Whether there is an endpoint whose answer is less sure than that. */
    boolean anyBelow(float sure) {
        for (int o = 0; o < endpoints; o++) {
            if (confidence[o] < sure) {
                return true;
            }
        }
        return false;
    }

    /** For another view's answer to the same question. */
    PrefixMatches next() {
        var another = next;
        if (another == null) {
            another = new PrefixMatches();
            next = another;
        }
        return another;
    }

    /**
     * Takes over what another view answers for endpoints that this one is less sure of, in this one's measure of the
     * prompt.
     *
     * @param sure confidence from which an answer stands, whatever the other says
     */
    void complete(PrefixMatches other, float sure) {
        if (outcome != Outcome.ANSWERED) {
            if (other.outcome == Outcome.ANSWERED || promptTokens == 0) {
                promptTokens = other.promptTokens;
            }
            outcome = other.outcome == Outcome.NO_KEYS ? outcome : other.outcome;
        } else if (other.outcome != Outcome.ANSWERED) {
            return;
        }
        beginMixing();
        double scale = other.promptTokens == 0 ? 1 : (double) promptTokens / other.promptTokens;
        for (int o = 0; o < endpoints; o++) {
            boolean surer = other.confidence[o] > confidence[o] || confidence[o] == 0;
            if (confidence[o] < sure && surer) {
                take(o, other, scale);
            }
        }
    }

    private void beginMixing() {
        if (mixed) {
            return;
        }
        mixed = true;
        if (sources.length < endpoints) {
            sources = new PrefixSource[tokens.length];
        }
        Arrays.fill(sources, 0, endpoints, source);
    }

    private void take(int ordinal, PrefixMatches other, double scale) {
        tokens[ordinal] = scaled(other.tokens[ordinal], scale);
        confidence[ordinal] = other.confidence[ordinal];
        sources[ordinal] = other.source(ordinal);
        if (other.tiered || tiered) {
            // each is rounded, and together they are not more than there are
            int host = Math.min(tokens[ordinal], scaled(other.tokens(ordinal, CacheTier.CPU), scale));
            int storage = scaled(other.tokens(ordinal, CacheTier.STORAGE), scale);
            further(ordinal, host, Math.min(tokens[ordinal] - host, storage));
        }
    }

    private static int scaled(int tokens, double scale) {
        return (int) Math.round(tokens * scale);
    }
}
