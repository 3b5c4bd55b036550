package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.BodyEdit;
import io.kvasir.route.BodyBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of a request that is not decided yet: the chunks as they came, none of them copied. */
final class HeldBody {
    private final BodyBudget budget;
    private final List<ProxyMessage.Body> chunks = new ArrayList<>(4);
    private long bytes;

    HeldBody(BodyBudget budget) {
        this.budget = budget;
    }

    /** Keeps a chunk. Returns false where the budget of all streams does not allow it; it is kept all the same. */
    boolean add(ProxyMessage.Body chunk) {
        if (chunk.length() == 0) {
            return true;
        }
        chunks.add(chunk);
        bytes += chunk.length();
        if (budget.tryReserve(chunk.length())) {
            return true;
        }
        budget.reserve(chunk.length());
        return false;
    }

    long bytes() {
        return bytes;
    }

    /**
     * Sends all of it on its way and forgets it.
     *
     * @param edit what changes in it; null for nothing
     * @param end whether the body ends with it, which then its last chunk says; an empty body is one empty chunk
     */
    void release(Outgoing out, @Nullable BodyEdit edit, boolean end) {
        budget.release(bytes);
        bytes = 0;
        if (edit == null) {
            for (int i = 0; i < chunks.size(); i++) {
                var chunk = chunks.get(i);
                out.sendBody(
                        Direction.REQUEST,
                        chunk.array(),
                        chunk.offset(),
                        chunk.length(),
                        end && i == chunks.size() - 1);
            }
            if (end && chunks.isEmpty()) {
                out.sendBody(Direction.REQUEST, new byte[0], 0, 0, true);
            }
        } else {
            var pieces = edit.apply(buffers());
            for (int i = 0; i < pieces.size(); i++) {
                var piece = pieces.get(i);
                out.sendBody(
                        Direction.REQUEST,
                        piece.array(),
                        piece.arrayOffset() + piece.position(),
                        piece.remaining(),
                        end && i == pieces.size() - 1);
            }
        }
        chunks.clear();
    }

    private List<ByteBuffer> buffers() {
        var buffers = new ArrayList<ByteBuffer>(chunks.size());
        for (var chunk : chunks) {
            // sliced, because an edit counts from the position
            buffers.add(ByteBuffer.wrap(chunk.array(), chunk.offset(), chunk.length())
                    .slice());
        }
        return buffers;
    }

    /** Forgets it. */
    void drop() {
        budget.release(bytes);
        bytes = 0;
        chunks.clear();
    }
}
