package io.kvasir.kvevents.wire;

/** Where engines say that a block is, the nearest to their computing first. */
public enum Medium {
    /** Memory of the accelerator; also where an engine does not say. */
    GPU,
    /** Memory of the host. */
    CPU,
    /** Disks and stores. */
    STORAGE;

    /**
     * By the first letters of its name: {@code CPU}, {@code CPU_PINNED}, {@code CPU_TIER1}; every other name that is not
     * {@code GPU} is a store, such as {@code DISK}, {@code FS}, {@code OBJ}, {@code STORAGE}, {@code EXTERNAL}.
     */
    static Medium of(MessagePackReader in, int start, int length) {
        if (length == 0) {
            return GPU;
        }
        int first = in.at(start) & 0xDF;
        if (first == 'G' && length == 3) {
            return GPU;
        }
        return first == 'C' ? CPU : STORAGE;
    }
}
