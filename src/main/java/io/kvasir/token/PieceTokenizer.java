package io.kvasir.token;

import java.util.Arrays;
import java.util.Map;

/**
 * Makes token ids of a text piece by piece, between the tokenizer's added tokens, and remembers those of each piece: of a
 * conversation that goes on only what is new is tokenised. Where a tokenizer looks over the edges of pieces, which is tried
 * once, whole texts are tokenised. From any thread.
 */
final class PieceTokenizer {
    private static final int MOST_TRIED = 512;
    /** Of a token, as room is made for them. */
    private static final int CHARACTERS = 3;

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
        return Arrays.equals(pieceByPiece(sample), tokenizer.encode(sample, false));
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
            return cache.get(owner, special ? "\u0001" + text : text, () -> tokenizer.encode(text, special));
        }
        int[] ids = pieceByPiece(text);
        if (!special || before.length + behind.length == 0) {
            return ids;
        }
        int[] all = Arrays.copyOf(before, before.length + ids.length + behind.length);
        System.arraycopy(ids, 0, all, before.length, ids.length);
        System.arraycopy(behind, 0, all, before.length + ids.length, behind.length);
        return all;
    }

    /** The same as {@link #encode}, made anew and at once. */
    int[] whole(String text, boolean special) {
        return tokenizer.encode(text, special);
    }

    private int[] pieceByPiece(String text) {
        var all = new Collected(text);
        added.split(text, all);
        return Arrays.copyOf(all.ids, all.count);
    }

    private final class Collected implements AddedTokens.Pieces {
        private final String all;
        private final TextHash hash = cache.hash();
        private int[] ids;
        private int count;

        Collected(String all) {
            this.all = all;
            ids = new int[Math.max(256, all.length() / CHARACTERS)];
        }

        private void room(int more) {
            if (count + more > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(2 * ids.length, count + more));
            }
        }

        @Override
        public void text(int from, int to) {
            int[] some = cache.get(owner, hash, all, from, to, () -> tokenizer.encode(all.substring(from, to), false));
            room(some.length);
            System.arraycopy(some, 0, ids, count, some.length);
            count += some.length;
        }

        @Override
        public void token(int id) {
            room(1);
            ids[count++] = id;
        }
    }
}
