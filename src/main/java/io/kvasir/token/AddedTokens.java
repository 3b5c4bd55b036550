package io.kvasir.token;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The tokens of a tokenizer that are one however the text around them is: where they stand, a text falls apart. */
final class AddedTokens {
    private static final int NONE = -1;

    /** What tokens go on with behind the same characters: there are models with thousands that begin alike. */
    private static final class Node {
        private final Map<Character, Node> next = new HashMap<>();
        /** Of the token that ends here; {@link #NONE} where none does. */
        private int id = NONE;
    }

    private final Node root = new Node();

    /** The characters that added tokens begin with. */
    private final char[] firsts;

    /** @param tokens ids by text; the empty text is passed over */
    AddedTokens(Map<String, Integer> tokens) {
        tokens.forEach((text, id) -> {
            var node = root;
            for (int i = 0; i < text.length(); i++) {
                node = node.next.computeIfAbsent(text.charAt(i), _ -> new Node());
            }
            node.id = id;
        });
        firsts = new char[root.next.size()];
        int i = 0;
        for (char first : root.next.keySet()) {
            firsts[i++] = first;
        }
    }

    /** Hears what a text is made of. */
    interface Pieces {
        /** The characters {@code from} to {@code to} - 1 stand between added tokens; there are some. */
        void text(int from, int to);

        void token(int id);
    }

    void split(String text, Pieces pieces) {
        // where each of these characters is next: mostly it is the same one, which is found fast
        int[] next = new int[firsts.length];
        Arrays.fill(next, -1);
        int from = 0;
        int at = next(text, next, 0);
        while (at < text.length()) {
            int end = at;
            int id = NONE;
            var node = root.next.get(text.charAt(at));
            for (int i = at + 1; node != null; i++) {
                if (node.id != NONE) {
                    end = i;
                    id = node.id;
                }
                node = i < text.length() ? node.next.get(text.charAt(i)) : null;
            }
            if (id != NONE) {
                if (at > from) {
                    pieces.text(from, at);
                }
                pieces.token(id);
                from = end;
            }
            at = next(text, next, id == NONE ? at + 1 : from);
        }
        if (text.length() > from) {
            pieces.text(from, text.length());
        }
    }

    private int next(String text, int[] next, int from) {
        int nearest = text.length();
        for (int i = 0; i < firsts.length; i++) {
            if (next[i] < from) {
                int found = text.indexOf(firsts[i], from);
                next[i] = found < 0 ? text.length() : found;
            }
            nearest = Math.min(nearest, next[i]);
        }
        return nearest;
    }
}
