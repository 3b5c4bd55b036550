package io.kvasir.failure;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody meant who wrote it almost right. */
public final class NearMiss {
    private static final int MOST_EDITS = 2;
    private static final int LETTERS_AN_EDIT = 3;
    private static final int LONGEST = 64;

    private NearMiss() {}

    /**
     * The known name that is nearest, where one is near: but for capitals, hyphens and underscores at most one edit (a letter
     * more, less or another, or two in the other order) for three letters, and two in all.
     */
    public static @Nullable String of(String written, Collection<String> known) {
        String word = bare(written);
        int least = Math.min(MOST_EDITS, word.length() / LETTERS_AN_EDIT) + 1;
        String nearest = null;
        for (String name : known) {
            int edits = word.length() > LONGEST ? least : edits(word, bare(name));
            if (edits < least) {
                least = edits;
                nearest = name;
            }
        }
        return nearest;
    }

    private static String bare(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_.\\s]", "");
    }

    /** Distance of Damerau and Levenshtein, of words whose letters are edited once at most. */
    private static int edits(String one, String other) {
        int[][] edits = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int k = 0; k <= other.length(); k++) {
                edits[i][k] = i == 0 || k == 0 ? i + k : edits(one, other, i, k, edits);
            }
        }
        return edits[one.length()][other.length()];
    }

    private static int edits(String one, String other, int i, int k, int[][] edits) {
        int same = one.charAt(i - 1) == other.charAt(k - 1) ? 0 : 1;
        int least = Math.min(edits[i - 1][k - 1] + same, 1 + Math.min(edits[i - 1][k], edits[i][k - 1]));
        boolean swapped =
                i > 1 && k > 1 && one.charAt(i - 1) == other.charAt(k - 2) && one.charAt(i - 2) == other.charAt(k - 1);
        return swapped ? Math.min(least, edits[i - 2][k - 2] + 1) : least;
    }
}
