package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.BodyEdits;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import io.kvasir.route.Reading;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of a request that is not decided yet. */
final class HeldBody {
    private final HeldBytes held;

    HeldBody(BodyBudget budget) {
        held = new HeldBytes(budget);
    }

    /** Whether the budget of all requests allowed for one more. */
    boolean room() {
        return held.room();
    }

    /** Keeps a chunk. Returns false where the budget of all requests does not allow it; it is kept all the same. */
    boolean add(ProxyMessage.Body chunk) {
        return held.add(chunk.array(), chunk.offset(), chunk.length());
    }

    long bytes() {
        return held.length();
    }

    /**
     * Sends all of it on its way and forgets it.
     *
     * @param edits what changes in it; null for nothing
     * @param end whether the body ends with it, which then its last chunk says; an empty body is one empty chunk
     */
    void release(Outgoing out, @Nullable BodyEdits edits, boolean end) {
        var pieces = edits == null ? held.pieces() : edits.apply(held.pieces());
        held.release();
        for (int i = 0; i < pieces.size(); i++) {
            var piece = pieces.get(i);
            out.sendBody(
                    Direction.REQUEST,
                    piece.array(),
                    piece.arrayOffset() + piece.position(),
                    piece.remaining(),
                    end && i == pieces.size() - 1);
        }
        if (end && pieces.isEmpty()) {
            out.sendBody(Direction.REQUEST, new byte[0], 0, 0, true);
        }
    }

    /** All of it, in pieces that nobody writes to any more. */
    List<ByteBuffer> pieces() {
        return held.pieces();
    }

    /** A copy of its first bytes. */
    byte[] beginning(int most) {
        byte[] copy = new byte[(int) Math.min(most, bytes())];
        int at = 0;
        for (var piece : held.pieces()) {
            int n = Math.min(piece.remaining(), copy.length - at);
            piece.get(piece.position(), copy, at, n);
            at += n;
        }
        return copy;
    }

    /**
     * Has all of it read.
     *
     * @throws io.kvasir.request.MalformedBodyException where it is not acceptable
     */
    void feed(Reading reading) {
        for (var piece : held.pieces()) {
            reading.feed(piece);
        }
    }

    /** Forgets it. */
    void drop() {
        held.release();
    }
}
