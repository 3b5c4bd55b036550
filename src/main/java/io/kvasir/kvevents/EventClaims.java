package io.kvasir.kvevents;

import io.kvasir.prefix.PreciseView;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Whose the events are that engines bring which dial us: by topic {@code kv@pod-or-address@model}, or by the address that
 * they come from where just one endpoint has that. For the thread that polls.
 */
final class EventClaims implements BoundSocket.Claims {
    private final PreciseView view;
    private final EventCounts counts;
    private final Collection<Followed> followed;

    /** @param followed those that are now, whenever that is asked */
    EventClaims(PreciseView view, EventCounts counts, Collection<Followed> followed) {
        this.view = view;
        this.counts = counts;
        this.followed = followed;
    }

    @Override
    public @Nullable EventSource of(String topic, @Nullable String peer, int rank, long now) {
        var owner = owner(topic, peer);
        if (owner == null) {
            return null;
        }
        var subscriber = owner.dialled.get(rank);
        if (subscriber != null) {
            return subscriber.source();
        }
        var known = owner.bound.get(rank);
        String model = owner.endpoint.baseModel();
        if (known == null && model != null) {
            known = new BoundRank(owner.source(view, counts, rank, model, false));
            owner.bound.put(rank, known);
        }
        if (known == null) {
            return null;
        }
        known.heard(peer, now);
        return known.source();
    }

    private @Nullable Followed owner(String topic, @Nullable String peer) {
        String id = id(topic);
        String host = peer == null ? null : BoundSocket.host(peer);
        Followed owner = null;
        for (Followed known : followed) {
            var spec = known.endpoint.spec();
            if (id != null
                    && (id.equals(spec.name()) || id.equals(known.endpoint.hostPort()) || id.equals(spec.address()))) {
                return known;
            }
            if (id == null && host != null && known.comesFrom(host)) {
                if (owner != null) {
                    return null;
                }
                owner = known;
            }
        }
        return owner;
    }

    private static @Nullable String id(String topic) {
        if (!topic.startsWith("kv@")) {
            return null;
        }
        int end = topic.indexOf('@', 3);
        String id = end < 0 ? topic.substring(3) : topic.substring(3, end);
        return id.isEmpty() ? null : id;
    }

    /** A connection from that address and port is there. */
    void came(String peer) {
        followed.forEach(known -> known.bound.values().forEach(rank -> rank.came(peer)));
    }

    /** It is gone: whose events came by it are not heard any more. */
    void went(String peer) {
        followed.forEach(known -> known.bound.values().forEach(rank -> rank.went(peer)));
    }
}
