package io.kvasir.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tokens of a tokenizer that are one however the text around them is: where they stand, a text falls apart. */
final class AddedTokens {
    private record Added(String text, int id) {}

    /** By their first character, the longest first. */
    private final Map<Character, List<Added>> byFirst = new HashMap<>();

    /** The characters that added tokens begin with. */
    private final char[] firsts;

    /** @param tokens ids by text; the empty text is passed over */
    AddedTokens(Map<String, Integer> tokens) {
        tokens.forEach((text, id) -> {
            if (!text.isEmpty()) {
                byFirst.computeIfAbsent(text.charAt(0), _ -> new ArrayList<>()).add(new Added(text, id));
            }
        });
        byFirst.values()
                .forEach(list -> list.sort(Comparator.comparingInt((Added added) -> added.text.length())
                        .reversed()));
        firsts = new char[byFirst.size()];
        int i = 0;
        for (char first : byFirst.keySet()) {
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
            var found = at(text, at);
            if (found != null) {
                if (at > from) {
                    pieces.text(from, at);
                }
                pieces.token(found.id);
                from = at + found.text.length();
            }
            at = next(text, next, found == null ? at + 1 : from);
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

    private @Nullable Added at(String text, int place) {
        for (Added added : byFirst.getOrDefault(text.charAt(place), List.of())) {
            if (text.startsWith(added.text, place)) {
                return added;
            }
        }
        return null;
    }
}
