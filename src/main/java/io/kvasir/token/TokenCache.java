package io.kvasir.token;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.LinkedHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Token ids of stretches of text, least recently used first to go. Texts are known by 128 bits of hash and their length, by
 * a secret of this process, so that nobody can make two that are taken for each other. From any thread.
 */
final class TokenCache {
    private static final int STRIPES = 32;
    /** What an entry costs besides its ids, in ids. */
    private static final int ENTRY = 24;

    private record Key(int owner, long high, long low, int length) {}

    private final class Stripe extends LinkedHashMap<Key, int[]> {
        private static final long serialVersionUID = 1;
        private long held;

        Stripe() {
            super(16, 0.75f, true);
        }

        synchronized int[] look(Key key) {
            return getOrDefault(key, NONE);
        }

        synchronized void keep(Key key, int[] ids) {
            // what is longer than all room would drive everybody out, and itself
            if (ids.length + ENTRY <= most && putIfAbsent(key, ids) == null) {
                held += ids.length + ENTRY;
                var eldest = entrySet().iterator();
                while (held > most && eldest.hasNext()) {
                    held -= eldest.next().getValue().length + ENTRY;
                    eldest.remove();
                }
            }
        }
    }

    private static final int[] NONE = {};

    private final Hasher128 hasher =
            Hashing.xxh3_128(ThreadLocalRandom.current().nextLong());
    private final Stripe[] stripes = new Stripe[STRIPES];
    private final long most;
    private final AtomicInteger owners = new AtomicInteger();
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    /** @param ids token ids kept at most; four bytes each */
    TokenCache(long ids) {
        most = ids / STRIPES;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
    }

    /** A number that nobody else remembers by: two tokenizers make different ids of one text. */
    int owner() {
        return owners.incrementAndGet();
    }

    /** To hash texts by, one after the other. */
    TextHash hash() {
        return new TextHash(hasher);
    }

    /** As the other, for a whole text. */
    int[] get(int owner, String text, Supplier<int[]> make) {
        return get(owner, hash(), text, 0, text.length(), make);
    }

    /**
     * The ids of the characters {@code from} to {@code to} - 1 of a text, which are made where they are not known.
     *
     * @param owner from {@link #owner}
     * @param hash from {@link #hash}
     */
    int[] get(int owner, TextHash hash, String text, int from, int to, Supplier<int[]> make) {
        var value = hash.of(text, from, to);
        var key = new Key(owner, value.getMostSignificantBits(), value.getLeastSignificantBits(), to - from);
        var stripe = stripes[(int) key.high() & STRIPES - 1];
        int[] known = stripe.look(key);
        if (known.length > 0) {
            hits.add(known.length);
            return known;
        }
        int[] made = make.get();
        misses.add(made.length);
        if (made.length > 0) {
            stripe.keep(key, made);
        }
        return made;
    }

    /** Token ids that were known. */
    long hits() {
        return hits.sum();
    }

    /** Token ids that had to be made. */
    long misses() {
        return misses.sum();
    }
}
