package io.kvasir.kvevents;

import org.jspecify.annotations.Nullable;

/** One rank of an engine that dials us, with the connection by which its events come. For the thread that polls. */
final class BoundRank {
    private final EventSource source;
    /** Address and port that its events last came from; null for unknown. */
    private @Nullable String line;
    /** Whether the connection from there is gone. */
    private boolean gone;

    BoundRank(EventSource source) {
        this.source = source;
    }

    EventSource source() {
        return source;
    }

    /** Something came of it. What comes late of a connection that is gone does not bring that back. */
    void heard(@Nullable String peer, long now) {
        if (peer != null && !peer.equals(line)) {
            line = peer;
            gone = false;
            source.connected(now);
        }
    }

    /** A connection from there is new, after the one before that had that port. Its first batches may have been heard. */
    void came(String peer) {
        if (gone && peer.equals(line)) {
            line = null;
        }
    }

    /** The connection from there is gone. */
    void went(String peer) {
        if (peer.equals(line)) {
            gone = true;
            source.disconnected();
        }
    }
}
