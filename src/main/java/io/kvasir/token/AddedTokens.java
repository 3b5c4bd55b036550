package io.kvasir.token;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tokens of a tokenizer that are one however the text around them is: where they stand, a text falls apart. */
final class AddedTokens {
    private record Added(String text, int id) {}

    /** By their first character, the longest first. */
    private final Map<Character, List<Added>> byFirst = new HashMap<>();

    private final boolean[] begins = new boolean[256];
    private boolean beginsElsewhere;

    /** @param tokens ids by text; the empty text is passed over */
    AddedTokens(Map<String, Integer> tokens) {
        tokens.forEach((text, id) -> {
            if (!text.isEmpty()) {
                char first = text.charAt(0);
                byFirst.computeIfAbsent(first, _ -> new ArrayList<>()).add(new Added(text, id));
                if (first < begins.length) {
                    begins[first] = true;
                } else {
                    beginsElsewhere = true;
                }
            }
        });
        byFirst.values()
                .forEach(list -> list.sort(Comparator.comparingInt((Added added) -> added.text.length())
                        .reversed()));
    }

    /** Hears what a text is made of. */
    interface Pieces {
        /** What stands between added tokens; never empty. */
        void text(String text);

        void token(int id);
    }

    void split(String text, Pieces pieces) {
        int from = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c < begins.length ? begins[c] : beginsElsewhere) {
                var found = at(text, at);
                if (found != null) {
                    if (at > from) {
                        pieces.text(text.substring(from, at));
                    }
                    pieces.token(found.id);
                    at += found.text.length();
                    from = at;
                    continue;
                }
            }
            at++;
        }
        if (at > from) {
            pieces.text(text.substring(from, at));
        }
    }

    private @org.jspecify.annotations.Nullable Added at(String text, int place) {
        for (Added added : byFirst.getOrDefault(text.charAt(place), List.of())) {
            if (text.startsWith(added.text, place)) {
                return added;
            }
        }
        return null;
    }
}
