package io.kvasir.prefix;

/** Looks a prompt up in what endpoints told and in what was sent there since. From any thread, without a lock. */
final class PreciseLookup {
    private final PathLookup lookup;
    private final FollowedEndpoints followed;

    PreciseLookup(PathLookup lookup, FollowedEndpoints followed) {
        this.lookup = lookup;
        this.followed = followed;
    }

    /** Says of endpoints how much of a prompt they hold, as {@link PrefixView#match} does. */
    void match(AskedCaches asked, long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        answer.reset(endpoints);
        var outcome = PrefixMatches.Outcome.NO_KEYS;
        long promptTokens = 0;
        for (AskedCaches.Group group : asked.groups()) {
            var own = keys.of(group.scheme());
            if (own == null) {
                continue;
            }
            promptTokens = own.promptTokens();
            if (!match(namespace, keys, own, group, endpoints, answer)) {
                outcome = PrefixMatches.Outcome.CONTENDED;
                disturbed(group.caches(), endpoints, answer);
            } else if (outcome == PrefixMatches.Outcome.NO_KEYS) {
                outcome = PrefixMatches.Outcome.ANSWERED;
            }
        }
        answer.conclude(outcome, promptTokens, PrefixSource.PRECISE);
    }

    private static void disturbed(CacheLookup[] caches, int endpoints, PrefixMatches answer) {
        for (var cache : caches) {
            if (cache.ordinal() < endpoints) {
                answer.disturb(cache.ordinal());
            }
        }
    }

    private boolean match(
            long namespace,
            PromptKeys keys,
            BlockKeys own,
            AskedCaches.Group group,
            int endpoints,
            PrefixMatches answer) {
        long root = PreciseView.root(namespace, group.scheme());
        var room = lookup.told(root, own.keys(), own.blocks());
        if (room == null) {
            return false;
        }
        lookup.sent(root, own, Math.min(endpoints, followed.length()), room);
        var caches = group.caches();
        int from = 0;
        while (from < caches.length) {
            int to = from + 1;
            while (to < caches.length && caches[to].ordinal() == caches[from].ordinal()) {
                to++;
            }
            if (caches[from].ordinal() < endpoints) {
                answer(root, keys, own, caches, from, to, room, answer);
            }
            from = to;
        }
        return true;
    }

    /** Of an endpoint's ranks the best counts, as sure as a rank is to hold as much. */
    private void answer(
            long root,
            PromptKeys keys,
            BlockKeys own,
            CacheLookup[] caches,
            int from,
            int to,
            PathLookup.Room room,
            PrefixMatches answer) {
        int ordinal = caches[from].ordinal();
        var endpoint = followed.at(ordinal);
        if (endpoint == null) {
            return;
        }
        int most = -1;
        int further = 0;
        boolean hasHost = true;
        long sum = 0;
        for (int c = from; c < to; c++) {
            var cache = caches[c];
            // the last token is always computed, and with it its block
            long bound = Math.max(0, own.promptTokens() - 1) / cache.blockSize() * cache.blockSize();
            int gpu = cache.tokens(own, cache.gpu(), room.byLane, bound);
            int all = cache.any() < 0 ? gpu : cache.tokens(own, cache.any(), room.byLane, bound);
            if (cache.groups() != null) {
                int known = cache.ofGroupsOnly() ? (int) bound : all;
                all = cache.served(root, keys, known, cache.any() >= 0);
                gpu = cache.any() < 0 ? all : cache.served(root, keys, gpu, false);
                if (all < 0 || gpu < 0) {
                    if (all == GroupBlocks.CONTENDED || gpu == GroupBlocks.CONTENDED) {
                        answer.disturb(ordinal);
                    }
                    return;
                }
            }
            sum += all;
            if (all > most) {
                most = all;
                further = all - Math.min(gpu, all);
                hasHost = cache.hasHost();
            }
        }
        int size = caches[from].blockSize();
        long bound = Math.max(0, own.promptTokens() - 1) / size * size;
        int sent = (int) Math.min(own.tokens(room.sent[ordinal]), bound);
        if (sent > most) {
            // the rank that it was sent to will hold all of that near
            sum += sent - most;
            most = sent;
            further = 0;
        }
        if (further > 0) {
            answer.further(ordinal, hasHost ? further : 0, hasHost ? 0 : further);
        }
        float share = most == 0 ? 1 : (float) sum / ((float) most * (to - from));
        answer.tokens()[ordinal] = most;
        answer.confidence()[ordinal] = share * followed.confidence(endpoint);
    }
}
