package io.kvasir.schedule;

import java.util.Set;

/** A part of a profile: a {@link Filter}, a {@link Scorer}, a {@link Picker}, or several of them in one. */
public interface Plugin {

    /** Name in configuration, explanations and metrics. */
    String name();

    /** What it reads, with its parameters as they are; the same for as long as it lives. */
    default Set<Need> needs() {
        return Set.of();
    }
}
