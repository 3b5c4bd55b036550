package io.kvasir.token;

/** Makes token ids of text. From any thread. */
interface TextTokenizer {
    /**
     * The ids of a text.
     *
     * @param special whether what a prompt begins and ends with is added
     */
    int[] encode(String text, boolean special);

    /** The same, made anew and at once, with nothing remembered. */
    default int[] whole(String text, boolean special) {
        return encode(text, special);
    }
}
