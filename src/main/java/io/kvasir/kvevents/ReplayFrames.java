package io.kvasir.kvevents;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One message of an answer to a request for replay. Read from its end, since what comes before differs: nothing, a
 * delimiter, a topic, both.
 *
 * @param number of the batch; counts if {@code kind} is a batch
 */
record ReplayFrames(Kind kind, long number, byte[] payload) {
    /** What a message is. */
    enum Kind {
        BATCH,
        END,
        GARBAGE
    }

    private static final byte[] NOTHING = {};
    private static final ReplayFrames GARBAGE = new ReplayFrames(Kind.GARBAGE, 0, NOTHING);

    static ReplayFrames of(List<byte[]> frames) {
        int n = frames.size();
        if (n < 2 || n > 5 || frames.get(n - 2).length != Long.BYTES) {
            return GARBAGE;
        }
        long number = ByteBuffer.wrap(frames.get(n - 2)).getLong();
        byte[] payload = frames.get(n - 1);
        if (number == -1 && payload.length == 0) {
            return new ReplayFrames(Kind.END, 0, NOTHING);
        }
        return number < 0 ? GARBAGE : new ReplayFrames(Kind.BATCH, number, payload);
    }

    /** The request for batches from that number on. */
    static List<byte[]> request(long from) {
        return List.of(NOTHING, ByteBuffer.allocate(Long.BYTES).putLong(from).array());
    }
}
