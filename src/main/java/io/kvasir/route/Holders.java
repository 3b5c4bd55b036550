package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.pool.Serving;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds the endpoint that a request has to go to because it keeps what the request is about, and counts why not. */
final class Holders {
    private final StoredIds ids;
    private final RouterCounts counts;

    Holders(StoredIds ids, RouterCounts counts) {
        this.ids = ids;
        this.counts = counts;
    }

    /** What an engine keeps and the request is about, by its path or its body; null for nothing. */
    static @Nullable StoredObject wanted(Request request, RoutingHints hints) {
        return hints.stored() != null && hints.stored().id() != null
                ? hints.stored()
                : StoredObject.namedInBody(request.previousResponseId());
    }

    /**
     * The endpoint that keeps what the request is about; null where any will do, or nobody knows.
     *
     * @param counted whether the request counts
     */
    @Nullable
    Endpoint of(Request request, RoutingHints hints, String model, PoolSnapshot snapshot, long now, boolean counted) {
        var object = wanted(request, hints);
        if (object == null) {
            return null;
        }
        String id = Objects.requireNonNull(object.id());
        var holder = ids.holder(id);
        String hostPort = holder == null ? null : holder.hostPort();
        var endpoint = hostPort == null ? null : snapshot.byHostPort(hostPort);
        StoredReason reason;
        if (hostPort == null) {
            reason = StoredReason.UNKNOWN;
        } else if (endpoint == null) {
            reason = StoredReason.GONE;
        } else if (hints.subset() != null && !hints.subset().contains(hostPort)) {
            reason = StoredReason.NOT_ALLOWED;
        } else if (!model.isEmpty() && endpoint.serving(model, now) == Serving.NO) {
            reason = StoredReason.OTHER_MODEL;
        } else {
            reason = StoredReason.HOLDER;
        }
        if (counted) {
            counts.storedSent(reason);
        }
        return reason == StoredReason.HOLDER ? endpoint : null;
    }

    /** What a client is told whose request only that endpoint could serve. */
    static Refusal keptAway(Refusal refusal) {
        return refusal.reason() == RefusalReason.NONE_HEALTHY ? Refusals.holderDown() : refusal;
    }
}
