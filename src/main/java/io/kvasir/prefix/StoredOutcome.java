package io.kvasir.prefix;

/** What a view made of an engine's word that it stored blocks. */
public enum StoredOutcome {
    /** It knows them. */
    STORED("stored"),
    /** What they follow is not known, or their hashes where there are no tokens: history was missed. */
    ORPHAN("orphan"),
    /** Their sizes do not fit what the engine said before or the tokens that they came with. */
    ODD("odd-size"),
    /** The index is full. */
    FULL("full"),
    /** They contradict what was known; the engine's blocks were all forgotten. */
    CONTRADICTION("contradiction");

    private final String code;

    StoredOutcome(String code) {
        this.code = code;
    }

    /** As metrics call it. */
    public String code() {
        return code;
    }
}
