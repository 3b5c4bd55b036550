package io.kvasir.prefix;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * The paths of blocks that were sent to one endpoint and that its engine has not told of yet. They are believed in from the
 * pick on, so that a request that follows at once finds them, until the engine's own word takes their place or time is up.
 * When the answer has ended, the engine must have told of the path: whether it did is held against it.
 *
 * <p>From any thread. A path is locked for the time of a lookup, by its request's end and by whoever goes over all of them.
 */
final class SentPaths {
    /** How long a path is believed in that no event confirms while its request runs, in ns. */
    static final long MOST_NANOS = 30_000_000_000L;

    /** How long after an answer's end events of its prompt may come where others come, in ns. */
    static final long LATE_NANOS = 1_000_000_000L;

    /** The same where none come: SGLang tells with its next prefill, each 40 steps of decode, and when it is idle. */
    static final long LATEST_NANOS = 5_000_000_000L;

    /** Paths of one endpoint that are believed in at once. */
    static final int MOST_PATHS = 1_024;

    /** Blocks of one endpoint that are believed in at once. */
    static final int MOST_BLOCKS = 1 << 17;

    /** Paths of one endpoint whose requests have ended; those beyond are not held against it. */
    static final int MOST_LATE = 128;

    /** Leading blocks of a path that are looked for once its request has ended. */
    private static final int MOST_LATE_BLOCKS = 1_024;

    /** Least pause between two times that all is believed in anew, in ns. */
    private static final long AGAIN_NANOS = 100_000_000L;

    /** Least pause between two times that all is gone over where nothing was told between them, in ns. */
    private static final long PAUSE_NANOS = 50_000_000L;

    /** What the engine told of a path. */
    interface Told {
        /** Leading blocks of the path that it holds by its own word; -1 where that cannot be said now. */
        int blocks(long root, long[] keys, int blocks);
    }

    private final Speculation speculation;
    private final int ordinal;
    private final Told told;
    private final Blindness blindness;
    private final ConcurrentLinkedQueue<Path> paths = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger late = new AtomicInteger();
    private final AtomicBoolean settling = new AtomicBoolean();
    /** How often it has told of blocks that it holds, those in the index by then. */
    private final AtomicInteger stores = new AtomicInteger();
    /** {@link #stores} when all was gone over. */
    private volatile int settledStores;

    private volatile long settledAt;
    /** Whether it has removed blocks since all was believed in anew. */
    private volatile boolean removed;

    private volatile long renewedAt;

    SentPaths(Speculation speculation, int ordinal, Told told, Blindness blindness) {
        this.speculation = speculation;
        this.ordinal = ordinal;
        this.told = told;
        this.blindness = blindness;
        renewedAt = speculation.now() - AGAIN_NANOS;
        settledAt = renewedAt;
    }

    /**
     * A path is sent.
     *
     * @param root where it begins
     * @param keys valid until {@link Path#ended} or {@link Path#withdrawn}
     * @param believed whether it is believed in from now on
     */
    Path sent(long root, long[] keys, int blocks, boolean believed) {
        var path = new Path(root, keys, Math.min(blocks, PrefixIndex.MAX_BLOCKS), speculation.nextUser(), believed);
        if (blocks > 0 && open.get() < MOST_PATHS) {
            path.begin();
        }
        return path;
    }

    /** Whether there are paths that are not told of yet. */
    boolean any() {
        return open.get() > 0;
    }

    /** One path, from its pick to what came of it. */
    final class Path {
        private final long root;
        private final int blocks;
        private final int user;
        private final long since = speculation.now();
        private long[] keys;
        /** Leading blocks that {@link #keys} has. */
        private int kept;

        private final boolean believes;
        private boolean listed;
        private boolean believed;
        private boolean over;
        private boolean closed;
        private long ended;
        /** {@link #stores} when its answer ended. */
        private int endedStores;
        /** Whether it was looked for, and {@link #stores} then. */
        private boolean looked;

        private int lookedStores;

        Path(long root, long[] keys, int blocks, int user, boolean believes) {
            this.believes = believes;
            this.root = root;
            this.keys = keys;
            this.blocks = blocks;
            kept = blocks;
            this.user = user;
        }

        private synchronized void begin() {
            listed = true;
            open.incrementAndGet();
            speculation.opened(1);
            // whoever takes back what others share sees this one in the list, or is over before it is believed in
            paths.add(this);
            believe();
        }

        private synchronized void believe() {
            if (!closed && believes && speculation.index().held(ordinal) + kept <= MOST_BLOCKS) {
                believed = true;
                speculation.index().bring(root, keys, kept, ordinal, speculation.tick(since), user);
            }
        }

        /** Leading blocks that the engine has told of, while the request runs; -1 where that cannot be said now. */
        int told() {
            return told.blocks(root, keys, blocks);
        }

        /**
         * Its answer has ended.
         *
         * @param counts whether the engine must have told of it, so that it is held against it where it did not
         */
        void ended(boolean counts) {
            if (blocks > 0) {
                boolean gone = end(counts);
                if (gone) {
                    unlist();
                }
            }
        }

        private synchronized boolean end(boolean counts) {
            if (closed) {
                return false;
            }
            if (isTold()) {
                close(Speculation.Outcome.TOLD);
                return true;
            }
            if (!counts || !listed || late.get() >= MOST_LATE) {
                close(Speculation.Outcome.UNKNOWN);
                return true;
            }
            // the request gives its keys back now
            int some = Math.min(blocks, MOST_LATE_BLOCKS);
            if (some < kept && believed) {
                unbelieve();
            }
            kept = some;
            keys = Arrays.copyOf(keys, kept);
            looked = false;
            if (!believed) {
                believe();
            }
            over = true;
            late.incrementAndGet();
            ended = speculation.now();
            endedStores = stores.get();
            return false;
        }

        /** Its request never ran. */
        void withdrawn() {
            if (finish(() -> true, Speculation.Outcome.WITHDRAWN)) {
                unlist();
            }
        }

        private synchronized boolean finish(BooleanSupplier when, Speculation.Outcome outcome) {
            if (closed || blocks == 0 || !when.getAsBoolean()) {
                return false;
            }
            close(outcome);
            return true;
        }

        private boolean isTold() {
            return told.blocks(root, keys, kept) >= kept;
        }

        /**
         * Whether there is nothing more to wait for.
         *
         * @param heard {@link #stores} before it is looked for
         * @param batch whether there may be more of the batch of events that is being told
         */
        private boolean settle(long now, int heard, boolean batch) {
            return finish(() -> (isNew(heard) || isLate(now, heard)) && isTold(), Speculation.Outcome.TOLD)
                    || !batch && finish(() -> isLate(now, heard), Speculation.Outcome.UNTOLD)
                    || finish(() -> !over && now - since >= MOST_NANOS, Speculation.Outcome.UNKNOWN);
        }

        /** Whether it was not looked for since anything was told. */
        private boolean isNew(int heard) {
            boolean isNew = !looked || lookedStores != heard;
            looked = true;
            lookedStores = heard;
            return isNew;
        }

        private boolean isLate(long now, int heard) {
            return over && now - ended >= (heard == endedStores ? LATEST_NANOS : LATE_NANOS);
        }

        private void close(Speculation.Outcome outcome) {
            closed = true;
            if (over) {
                late.decrementAndGet();
            }
            if (believed) {
                unbelieve();
            }
            speculation.count(outcome);
            if (outcome == Speculation.Outcome.TOLD) {
                blindness.sent(false);
            } else if (outcome == Speculation.Outcome.UNTOLD) {
                int known = told.blocks(root, keys, kept);
                if (known >= 0) {
                    blindness.sent(2 * known < kept);
                }
            }
        }

        private void unbelieve() {
            believed = false;
            speculation.index().withdraw(root, keys, kept, ordinal, user);
        }

        /** Behind its lock: others may be waited for here. */
        private void unlist() {
            if (listed) {
                paths.remove(this);
                closedOne();
            }
        }
    }

    private void closedOne() {
        speculation.opened(-1);
        if (open.decrementAndGet() == 0) {
            renew();
        }
    }

    /** Nothing is believed in that no open path has. */
    private void renew() {
        renewedAt = speculation.now();
        removed = false;
        if (speculation.index().held(ordinal) > 0) {
            speculation.index().clear(ordinal);
        }
        paths.forEach(Path::believe);
    }

    /** What the engine has told of meanwhile, or had its time to, is believed in by its word alone. */
    void settle() {
        settle(speculation.now(), false);
    }

    /** The same between two batches of events, where that may change anything. */
    void settleSoon() {
        long now = speculation.now();
        if (stores.get() != settledStores || now - settledAt >= PAUSE_NANOS) {
            settle(now, false);
        }
    }

    private void settle(long now, boolean batch) {
        if (open.get() == 0 || !settling.compareAndSet(false, true)) {
            return;
        }
        try {
            int heard = stores.get();
            settledStores = heard;
            settledAt = now;
            var each = paths.iterator();
            while (each.hasNext()) {
                if (each.next().settle(now, heard, batch)) {
                    each.remove();
                    closedOne();
                }
            }
            // paths that begin alike are taken back together, once the engine has taken back something
            if (removed && open.get() > 0 && now - renewedAt >= AGAIN_NANOS) {
                renew();
            }
            speculation.index().expire(ordinal, speculation.tick(now - MOST_NANOS));
        } finally {
            settling.set(false);
        }
    }

    /** The engine said that it stored blocks, and they are in the index. */
    void stored() {
        stores.incrementAndGet();
    }

    /** The engine says that blocks are gone: before that counts, what it told of is believed in by its word alone. */
    void removing() {
        if (open.get() > 0) {
            removed = true;
            if (stores.get() != settledStores) {
                settle(speculation.now(), true);
            }
        }
    }

    /** The endpoint's cache is empty: what was sent before is not there. */
    void forget() {
        var each = paths.iterator();
        while (each.hasNext()) {
            if (each.next().finish(() -> true, Speculation.Outcome.UNKNOWN)) {
                each.remove();
                closedOne();
            }
        }
    }
}
