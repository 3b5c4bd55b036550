package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.BlockKeys;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.SchedulingContext;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Notices prompts that are asked for again and that endpoints have given up meanwhile, and tells the endpoints' books, see
 * {@link io.kvasir.pool.EndpointLoad#displacing}. Of every so many tokens of a prompt it keeps one key and who computed it
 * last, in a table of fixed size in which newer ones take the place of older ones: what it forgets so counts as never seen.
 * Safe for any thread, without locks.
 */
final class LostPrompts {
    /** Tokens for which one entry stands. */
    static final int TOKENS = 1024;

    /** Entries, a power of two: together as many tokens as 144 caches of an H100 with an 8B model hold. */
    private static final int ENTRIES = 1 << 16;

    private static final int ORDINAL_BITS = 16;
    /** Of the key, to tell prompts apart; the rest is {@link #entry}. */
    private static final long KEY_MASK = -1L << 24;

    private static final AtomicLongArray NO_ENTRIES = new AtomicLongArray(0);

    /** Made with the first prompt that is long enough for one. */
    private volatile @Nullable AtomicLongArray entries;

    /**
     * A request was given to an endpoint.
     *
     * @param keys of its prompt; null where it has none
     * @param context of the decision, with what endpoints hold
     */
    void booked(
            @Nullable BlockKeys keys, long namespace, SchedulingContext context, PoolSnapshot pool, Decision decision) {
        var matches = context.matches();
        if (keys == null || matches.endpoints() == 0 || matches.outcome() != PrefixMatches.Outcome.ANSWERED) {
            return;
        }
        var work = context.work();
        var chosen = decision.endpoint();
        int size = keys.scheme().blockTokens();
        int stride = Math.max(1, TOKENS / size);
        // keys, the answer and the request each have a measure of the prompt
        double keyed = Math.max(1, keys.promptTokens());
        double answered = matches.promptTokens() / keyed;
        double asked = work.prompts() == 1 ? work.promptTokens() / keyed : 1;
        long own = entry(chosen);
        int seen = 0;
        var table = keys.blocks() < stride ? NO_ENTRIES : entries();
        for (int block = stride; block <= keys.blocks(); block += stride) {
            long key = mix(keys.keys()[block - 1] ^ namespace * 0x9E3779B97F4A7C15L);
            int slot = (int) key & ENTRIES - 1;
            long before = table.getOpaque(slot);
            long now = key & KEY_MASK | own;
            if ((before & KEY_MASK) == (key & KEY_MASK)) {
                seen = block * size;
                int from = seen - stride * size;
                lost(pool, matches, (int) before & (1 << 24) - 1, answered * from, asked * stride * size);
            }
            if (before != now) {
                table.setOpaque(slot, now);
            }
        }
        double found = Math.min(decision.cachedTokens(), work.promptTokens());
        double again = Math.clamp(asked * seen, found, work.promptTokens());
        double taken = work.uncachedTokens(found) + work.allOutputTokens();
        chosen.load().takesIn(work.kvTokens(), again, taken, keptTokens(chosen));
    }

    private AtomicLongArray entries() {
        var made = entries;
        return made != null ? made : create();
    }

    private synchronized AtomicLongArray create() {
        var made = entries;
        if (made == null) {
            made = new AtomicLongArray(ENTRIES);
            entries = made;
        }
        return made;
    }

    /**
     * Somebody computed a prompt beyond there; is anything left of the next stretch? Its end alone may be missing where nothing
     * was given up: the block of a prompt's last token is computed each time, and engines' blocks may be longer than these.
     *
     * @param from where that begins, in the answer's measure
     * @param tokens of it, in the request's
     */
    private static void lost(PoolSnapshot pool, PrefixMatches matches, int holder, double from, double tokens) {
        int ordinal = holder & (1 << ORDINAL_BITS) - 1;
        var endpoint = ordinal < matches.endpoints() ? pool.byOrdinal(ordinal) : null;
        if (endpoint != null
                && entry(endpoint) == holder
                && !matches.isDisturbed(ordinal)
                && matches.tokens(ordinal) <= from) {
            endpoint.load().lost(tokens, keptTokens(endpoint));
        }
    }

    /** Tokens that an endpoint's cache keeps for later; 0 where nobody knows, or where it keeps none, so that none are given up. */
    private static long keptTokens(Endpoint endpoint) {
        return endpoint.stats().cache().reuses() ? endpoint.kvTokens() : 0;
    }

    /** Who an endpoint is, in 24 bits: its ordinal, and what tells it from who had that before, and from itself before it lost all. */
    private static int entry(Endpoint endpoint) {
        long came = (endpoint.tenancy() >>> 24) + endpoint.load().timesEmptied();
        return (int) (came << ORDINAL_BITS & 0xFF_0000) | endpoint.ordinal() & (1 << ORDINAL_BITS) - 1;
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
    private static long mix(long x) {
        long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
