package io.kvasir.token;

import java.util.Arrays;

/**
 * Makes token ids word by word, and remembers those of short words: most words of a new text were seen in others before.
 * For tokenizers that cut a text at every edge of a word by themselves, as {@link WordEdges} says. From any thread.
 */
final class WordTokenizer implements TextTokenizer {
    /** Words remembered at most, each in one of two places; some hundred bytes each. */
    private static final int ROOM = 1 << 15;
    /** Characters of a word that is remembered. */
    private static final int LONGEST = 48;

    private record Word(String text, int[] ids) {
        boolean is(String other, int from, int to) {
            return text.length() == to - from && other.startsWith(text, from);
        }
    }

    private final TextTokenizer tokenizer;
    /** Changed without order: who reads an older word makes the same ids anew. */
    private final Word[] words = new Word[ROOM];

    WordTokenizer(TextTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    @Override
    public int[] encode(String text, boolean special) {
        if (special) {
            return tokenizer.encode(text, true);
        }
        int[] ids = new int[8 + text.length() / 2];
        int count = 0;
        int from = 0;
        while (from < text.length()) {
            int hash = text.charAt(from);
            int to = from + 1;
            while (to < text.length() && !WordEdges.isEdge(text, to)) {
                hash = 31 * hash + text.charAt(to);
                to++;
            }
            int[] some = ids(text, from, to, hash);
            if (count + some.length > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(2 * ids.length, count + some.length));
            }
            System.arraycopy(some, 0, ids, count, some.length);
            count += some.length;
            from = to;
        }
        return Arrays.copyOf(ids, count);
    }

    @Override
    public int[] whole(String text, boolean special) {
        return tokenizer.whole(text, special);
    }

    private int[] ids(String text, int from, int to, int hash) {
        if (to - from > LONGEST) {
            return tokenizer.encode(text.substring(from, to), false);
        }
        int place = hash * 0x9E3779B9 >>> Integer.numberOfLeadingZeros(ROOM - 1);
        var first = words[place];
        if (first != null && first.is(text, from, to)) {
            return first.ids;
        }
        var second = words[place ^ 1];
        if (second != null && second.is(text, from, to)) {
            return second.ids;
        }
        String word = text.substring(from, to);
        var made = new Word(word, tokenizer.encode(word, false));
        // what was there goes to the other place, and what was in that is forgotten
        words[place ^ 1] = first;
        words[place] = made;
        return made.ids;
    }
}
