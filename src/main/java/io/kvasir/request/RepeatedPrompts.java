package io.kvasir.request;

import java.util.zip.CRC32C;

/** Finds the prompts of a list that equal an earlier one, by a checksum: it prices requests and decides nothing else. */
final class RepeatedPrompts {
    /** Different prompts that are remembered; what comes after so many counts as new. */
    private static final int MOST = 4096;

    private final CRC32C checksum = new CRC32C();
    /** Checksums by hashing, 0 for a free place; twice as many places as are used. */
    private long[] seen = new long[16];

    private int size;
    private boolean looking;
    /** Whether the prompt that is being read is compared with no other. */
    private boolean passed;

    private long ids;
    private long bytes;
    private long tokenIds;

    void reset() {
        begin();
        if (looking) {
            looking = false;
            seen = new long[16];
            size = 0;
            bytes = 0;
            tokenIds = 0;
        }
    }

    /** A list begins: from now on prompts are told apart. */
    void look() {
        looking = true;
    }

    private void begin() {
        checksum.reset();
        ids = 0;
        passed = false;
    }

    /** The prompt that began is compared with no other: it is the whole list. */
    void pass() {
        passed = true;
    }

    void content(byte[] text, int offset, int length) {
        if (looking) {
            checksum.update(text, offset, length);
        }
    }

    /**
     * Ids are summed, not chained, so that none waits for the one before it.
     *
     * @param place where in its prompt the id stands
     */
    void token(int id, long place) {
        if (passed || !looking) {
            return;
        }
        long mixed = (id + 1L ^ place * 0x9E3779B97F4A7C15L) * 0xD6E8FEB86659FD93L;
        ids += mixed ^ mixed >>> 32;
    }

    private long sum() {
        long sum = (ids ^ checksum.getValue()) * 0xBF58476D1CE4E5B9L;
        return sum == 0 ? 1 : sum ^ sum >>> 31;
    }

    /** Whether the prompt read so far equals an earlier one. */
    boolean seen() {
        return looking && !passed && seen[place(sum())] != 0;
    }

    private int place(long sum) {
        int place = (int) sum & seen.length - 1;
        while (seen[place] != 0 && seen[place] != sum) {
            place = place + 1 & seen.length - 1;
        }
        return place;
    }

    /**
     * A prompt ends and another begins.
     *
     * @param length its bytes of text
     * @param count its token ids
     */
    void ended(long length, long count) {
        if (!looking) {
            return;
        }
        if (seen()) {
            bytes += length;
            tokenIds += count;
        } else if (size < MOST && !passed) {
            add(sum());
        }
        begin();
    }

    private void add(long sum) {
        seen[place(sum)] = sum;
        if (2 * ++size > seen.length) {
            var before = seen;
            seen = new long[2 * before.length];
            for (long old : before) {
                if (old != 0) {
                    seen[place(old)] = old;
                }
            }
        }
    }

    /** Bytes of repeated prompts that have ended. */
    long bytes() {
        return bytes;
    }

    /** Token ids of repeated prompts that have ended. */
    long tokenIds() {
        return tokenIds;
    }
}
