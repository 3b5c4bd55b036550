package io.kvasir.load.replay;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a prompt is made of: pieces of text, each a function of its id alone. Two prompts share exactly the text of their
 * equal leading pieces, and where a piece of the same id is shorter in one of them, that much of it. An answer is a piece
 * too, by {@link ReplayRequest#answer}, so that the next turn's prompt can hold it. Immutable.
 */
public final class PromptShape {
    /** Nothing yet. */
    public static final PromptShape EMPTY = new PromptShape(new long[0], new int[0]);

    private final long[] ids;
    private final int[] tokens;
    private final int length;

    private PromptShape(long[] ids, int[] tokens) {
        this.ids = ids;
        this.tokens = tokens;
        long sum = 0;
        for (int piece : tokens) {
            if (piece < 1) {
                throw new IllegalArgumentException("a piece of " + piece + " tokens; at least 1 is needed");
            }
            sum += piece;
        }
        length = Math.toIntExact(sum);
    }

    /**
     * Of those pieces, in order.
     *
     * @param ids what each piece says
     * @param tokens how long it is, at least 1
     */
    public static PromptShape of(long[] ids, int[] tokens) {
        if (ids.length != tokens.length) {
            throw new IllegalArgumentException(ids.length + " ids for " + tokens.length + " lengths");
        }
        return new PromptShape(ids.clone(), tokens.clone());
    }

    /** This with one more piece behind it. */
    public PromptShape then(long id, int pieceTokens) {
        long[] moreIds = Arrays.copyOf(ids, ids.length + 1);
        int[] moreTokens = Arrays.copyOf(tokens, tokens.length + 1);
        moreIds[ids.length] = id;
        moreTokens[tokens.length] = pieceTokens;
        return new PromptShape(moreIds, moreTokens);
    }

    /** Number of pieces. */
    public int pieces() {
        return ids.length;
    }

    /** What piece {@code i} says. */
    public long id(int i) {
        return ids[i];
    }

    /** Tokens of piece {@code i}. */
    public int tokens(int i) {
        return tokens[i];
    }

    /** Tokens of all of it. */
    public int length() {
        return length;
    }

    /** Leading tokens that both have. */
    public int shared(PromptShape other) {
        int common = 0;
        for (int i = 0; i < Math.min(ids.length, other.ids.length) && ids[i] == other.ids[i]; i++) {
            common += Math.min(tokens[i], other.tokens[i]);
            if (tokens[i] != other.tokens[i]) {
                break;
            }
        }
        return common;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PromptShape shape
                && Arrays.equals(ids, shape.ids)
                && Arrays.equals(tokens, shape.tokens);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }
}
