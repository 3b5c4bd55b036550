package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/** A set of schemes, at most {@value #MOST}, in the order of preference. Immutable. */
public final class KeySchemes {
    /** Schemes in a set at most; each costs a prompt one more copy of some of its keys. */
    public static final int MOST = 32;

    /** None: for a view that needs no keys. */
    public static final KeySchemes NONE = new KeySchemes(List.of());

    private final List<KeyScheme> all;
    final KeyScheme[] text;
    final KeyScheme[] tokens;

    private KeySchemes(List<KeyScheme> all) {
        this.all = List.copyOf(all);
        text = all.stream().filter(KeyScheme.Text.class::isInstance).toArray(KeyScheme[]::new);
        tokens = all.stream().filter(KeyScheme.Tokens.class::isInstance).toArray(KeyScheme[]::new);
    }

    /**
     * These, each once.
     *
     * @throws IllegalArgumentException for more than {@value #MOST}
     */
    public static KeySchemes of(KeyScheme... schemes) {
        SequencedSet<KeyScheme> distinct = new LinkedHashSet<>(Arrays.asList(schemes));
        if (distinct.size() > MOST) {
            throw new IllegalArgumentException(distinct.size() + " schemes are more than " + MOST);
        }
        return new KeySchemes(new ArrayList<>(distinct));
    }

    /** These and then those of the others that there is room for. */
    public KeySchemes and(KeySchemes others) {
        if (all.containsAll(others.all)) {
            return this;
        }
        SequencedSet<KeyScheme> both = new LinkedHashSet<>(all);
        both.addAll(others.all);
        return new KeySchemes(both.stream().limit(MOST).toList());
    }

    /** In the order of preference; unmodifiable. */
    public List<KeyScheme> all() {
        return all;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof KeySchemes that && all.equals(that.all);
    }

    @Override
    public int hashCode() {
        return all.hashCode();
    }

    @Override
    public String toString() {
        return all.toString();
    }
}
