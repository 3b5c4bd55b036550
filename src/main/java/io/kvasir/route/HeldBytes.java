package io.kvasir.route;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one request that are kept until they can be sent on. Large pieces are kept as they came, small ones are
 * copied together, so that what they cost stays in proportion to what they say. The {@link BodyBudget} is charged with what
 * is occupied in memory: whole arrays, what each piece and the request itself cost besides. Used by one thread.
 */
public final class HeldBytes {
    /** What a request that is being read costs, in bytes, before the first one of its body has come. */
    public static final int REQUEST = 12 << 10;
    /** What a piece costs besides its array, in bytes. */
    public static final int PIECE = 128;

    /** The part of it that is charged until the request is decided: what reads and keys the body. */
    private static final int READING = 8 << 10;

    private static final int SMALL = 2 << 10;
    private static final int MOST_TAIL = 64 << 10;
    /** Bytes held for each byte that may be allocated ahead. */
    private static final int AHEAD = 8;

    private final BodyBudget budget;
    private final boolean room;
    private List<ByteBuffer> pieces = new ArrayList<>(4);
    /** The last piece, where small ones are copied to: filled up to its position. */
    private @Nullable ByteBuffer tail;

    private long charged;
    private long length;
    private boolean decided;

    /** Charges for the request; {@link #room} says whether the budget has that much. */
    public HeldBytes(BodyBudget budget) {
        this.budget = budget;
        room = charge(REQUEST);
    }

    /** Whether there was room for the request as such. */
    public boolean room() {
        return room;
    }

    /**
     * Keeps a range of an array that nobody writes again. Returns false where the budget has no room for it; it is kept and
     * charged all the same, for its bytes are there.
     */
    public boolean add(byte[] array, int offset, int count) {
        if (count == 0) {
            return true;
        }
        boolean first = length == 0;
        length += count;
        var last = tail;
        if (last != null && last.remaining() >= count) {
            last.put(array, offset, count);
            return true;
        }
        endTail();
        if (count >= SMALL || first) {
            pieces.add(ByteBuffer.wrap(array, offset, count).slice());
            return charge(PIECE + (long) array.length);
        }
        var fresh = ByteBuffer.allocate((int) Math.clamp(length / AHEAD, SMALL, MOST_TAIL));
        tail = fresh.put(array, offset, count);
        pieces.add(fresh);
        return charge(PIECE + (long) fresh.capacity());
    }

    private boolean charge(long bytes) {
        long held = charged;
        charged += bytes;
        if (budget.tryReserve(bytes, held)) {
            return true;
        }
        budget.reserve(bytes);
        return false;
    }

    /** Bytes of the body that are kept. */
    public long length() {
        return length;
    }

    private void endTail() {
        if (tail != null) {
            tail.flip();
            tail = null;
        }
    }

    /** What is kept, in order, each from position 0 on. */
    public List<ByteBuffer> pieces() {
        endTail();
        var views = new ArrayList<ByteBuffer>(pieces.size());
        for (var piece : pieces) {
            views.add(piece.duplicate());
        }
        return views;
    }

    /** The request is decided: what read it is its booking's from now on, which is not charged. Its bytes stay. */
    public void decided() {
        if (!decided) {
            decided = true;
            charged -= READING;
            budget.release(READING);
        }
    }

    /** Forgets everything and gives it back. Calling it again changes nothing. */
    public void release() {
        decided = true;
        budget.release(charged);
        charged = 0;
        length = 0;
        tail = null;
        pieces = new ArrayList<>(0);
    }
}
