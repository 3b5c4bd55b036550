package io.kvasir.token;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes token ids of a text piece by piece, between the tokenizer's added tokens, and remembers those of each piece: of a
 * conversation that goes on only what is new is tokenised. Where a tokenizer looks over the edges of pieces, which is tried
 * once, whole texts are tokenised. From any thread.
 */
final class PieceTokenizer {
    private static final int MOST_TRIED = 512;
    private static final int[] NONE = {};

    private final TextTokenizer tokenizer;
    private final AddedTokens added;
    private final TokenCache cache;
    private final int owner;
    private final boolean pieces;
    private final int[] before;
    private final int[] behind;

    /** @param tokens added tokens: ids by text */
    PieceTokenizer(TextTokenizer tokenizer, Map<String, Integer> tokens, TokenCache cache) {
        this.tokenizer = tokenizer;
        this.cache = cache;
        owner = cache.owner();
        added = new AddedTokens(tokens);
        int[] plain = tokenizer.encode("a", false);
        int[] framed = tokenizer.encode("a", true);
        int extra = framed.length - plain.length;
        int first = 0;
        while (first < extra && !Arrays.equals(framed, first, first + plain.length, plain, 0, plain.length)) {
            first++;
        }
        before = Arrays.copyOf(framed, Math.max(0, first));
        behind = Arrays.copyOfRange(framed, framed.length - Math.max(0, extra - first), framed.length);
        pieces = extra >= 0
                && tokens.keySet().stream()
                        .filter(text -> !text.isEmpty())
                        .limit(MOST_TRIED)
                        .allMatch(this::fallsApart);
    }

    private boolean fallsApart(String token) {
        String sample = " x  " + token + "  y z\n" + token + token + "\nÄ e\u0301 " + token + "a" + token + "b";
        return Arrays.equals(pieceByPiece(sample, NONE, NONE), tokenizer.whole(sample, false));
    }

    /** Whether texts are tokenised piece by piece. */
    boolean fallsApart() {
        return pieces;
    }

    /**
     * The ids of a text.
     *
     * @param special whether what a prompt begins and ends with is added
     */
    int[] encode(String text, boolean special) {
        if (!pieces) {
            return cache.get(owner, special ? "\u0001" + text : text, () -> tokenizer.whole(text, special));
        }
        return special ? pieceByPiece(text, before, behind) : pieceByPiece(text, NONE, NONE);
    }

    /** The same as {@link #encode}, made anew and at once. */
    int[] whole(String text, boolean special) {
        return tokenizer.whole(text, special);
    }

    private int[] pieceByPiece(String text, int[] first, int[] last) {
        var all = new Collected(text);
        all.add(first);
        added.split(text, all);
        all.add(last);
        return all.ids();
    }

    /** What pieces became, put together once it is known how long all of it is. */
    private final class Collected implements AddedTokens.Pieces {
        private final String all;
        private final TextHash hash = cache.hash();
        /** Null for a token that stands alone. */
        private int[] @Nullable [] some = new int[64] @Nullable [];

        private int[] alone = new int[64];
        private int count;
        private int length;

        Collected(String all) {
            this.all = all;
        }

        void add(int[] ids) {
            add(ids, 0, ids.length);
        }

        private void add(int @Nullable [] ids, int id, int n) {
            if (count == alone.length) {
                some = Arrays.copyOf(some, 2 * count);
                alone = Arrays.copyOf(alone, 2 * count);
            }
            some[count] = ids;
            alone[count++] = id;
            length += n;
        }

        @Override
        public void text(int from, int to) {
            add(cache.get(owner, hash, all, from, to, () -> tokenizer.encode(all.substring(from, to), false)));
        }

        @Override
        public void token(int id) {
            add(null, id, 1);
        }

        int[] ids() {
            int[] ids = new int[length];
            int at = 0;
            for (int i = 0; i < count; i++) {
                int[] these = some[i];
                if (these == null) {
                    ids[at++] = alone[i];
                } else {
                    System.arraycopy(these, 0, ids, at, these.length);
                    at += these.length;
                }
            }
            return ids;
        }
    }
}
