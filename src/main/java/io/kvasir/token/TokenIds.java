package io.kvasir.token;

import java.util.function.Consumer;

/** Finds the token ids of prompts that come as text. From any thread; never blocks, and needs few microseconds. */
public interface TokenIds {
    /** Nobody finds any. */
    TokenIds NONE = (_, _) -> false;

    /** The ids of a prompt, and who knew them. */
    record Found(TokenSource source, int[] ids) {
        /** None were found. */
        public static final Found NOTHING = new Found(TokenSource.ESTIMATE, new int[0]);
    }

    /**
     * Begins to look for the ids of a prompt.
     *
     * @param done run once, on whatever thread, within a bounded time; with {@link Found#NOTHING} where nobody knows them
     *     in time
     * @return false where nobody is asked; {@code done} then is not run
     */
    boolean find(TextPrompt prompt, Consumer<Found> done);
}
