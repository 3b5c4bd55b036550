package io.kvasir.kvevents;

import java.util.Objects;
import java.util.TreeMap;

/** Batches of a rank that came while some before them are missing, by number; not more than there is room for. By one thread. */
final class KeptBatches {
    /** The most that are kept. */
    static final int MOST = 4_096;

    /** Bytes of them. */
    static final long MOST_BYTES = 64L << 20;

    private final TreeMap<Long, byte[]> batches = new TreeMap<>();
    private long bytes;

    boolean isEmpty() {
        return batches.isEmpty();
    }

    boolean has(long number) {
        return batches.containsKey(number);
    }

    /** Whether there is no room for it. */
    boolean isFullFor(byte[] payload) {
        return batches.size() >= MOST || bytes + payload.length > MOST_BYTES;
    }

    void add(long number, byte[] payload) {
        batches.put(number, payload);
        bytes += payload.length;
    }

    /** The number of the first; there must be one. */
    long first() {
        return batches.firstKey();
    }

    /** The first, which is kept no longer; there must be one. */
    byte[] takeFirst() {
        byte[] payload = Objects.requireNonNull(batches.pollFirstEntry()).getValue();
        bytes -= payload.length;
        return payload;
    }

    void clear() {
        batches.clear();
        bytes = 0;
    }
}
