package io.kvasir.extproc;

import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.route.BodyBudget;
import java.util.ArrayList;
import java.util.List;

/** Pieces of a body that came while its request was decided, each to be answered on its own; bounded in number and bytes. */
final class LateBodies {
    private static final int MOST = 1024;

    private final HeldBody charged;
    private final long mostBytes;
    private List<ProxyMessage.Body> pieces = new ArrayList<>();

    LateBodies(BodyBudget budget, long mostBytes) {
        charged = new HeldBody(budget);
        this.mostBytes = mostBytes;
    }

    /** Keeps a piece. Returns false where there is room for no more; it is kept all the same. */
    boolean add(ProxyMessage.Body piece) {
        pieces.add(piece);
        return charged.add(piece) && charged.bytes() <= mostBytes && pieces.size() < MOST;
    }

    /** Gives them away, in order. */
    List<ProxyMessage.Body> take() {
        var taken = pieces;
        drop();
        return taken;
    }

    /** Forgets them. */
    void drop() {
        pieces = new ArrayList<>();
        charged.drop();
    }
}
