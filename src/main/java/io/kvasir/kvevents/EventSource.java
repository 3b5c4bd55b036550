package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.kvevents.wire.KvEventDecoder;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.EngineCache;
import io.kvasir.prefix.StoredBlocks;
import io.kvasir.prefix.StoredOutcome;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The events of one rank of an engine, put in order and applied. Knows no socket: whoever has one hands over what came, and
 * asks what to have replayed. By one thread.
 */
final class EventSource {
    /** Batches kept while some before them are missing. */
    static final int MOST_KEPT = 4_096;

    /** Bytes of them. */
    static final long MOST_KEPT_BYTES = 64L << 20;

    /** How long late batches are waited for where nobody can be asked for them, in ns. */
    static final long LATE_NANOS = 200_000_000L;

    /** How long an answer to a request for replay may pause, in ns. */
    static final long REPLAY_NANOS = 2_000_000_000L;

    /** How long after replays have failed another is asked for, in ns. */
    static final long AGAIN_NANOS = 30_000_000_000L;

    /** Blocks taken for a whole cache of unknown size. */
    private static final long UNKNOWN_BLOCKS = 4_096;

    private static final int REPLAY_ATTEMPTS = 3;
    private static final long NOTHING = -1;

    private final EngineCache cache;
    private final KvEventDecoder decoder;
    private final EventCounts counts;
    private final boolean replays;
    private final long kvTokens;
    private final EventSequence sequence = new EventSequence();
    private final TreeMap<Long, byte[]> kept = new TreeMap<>();
    private long keptBytes;
    private EventState state = EventState.UNHEARD;
    private boolean connected = true;
    private boolean reached;
    private boolean replaying;
    private boolean firstOfReplay;
    /** The batch that is asked for to see whether the publisher is still the same; -1 for none. */
    private long probed = NOTHING;

    /** Whether nothing has shown yet, since the connection broke, that no batch is missing. */
    private boolean unproven;

    private long replayFrom = NOTHING;
    private int attempts;
    private long deadline;
    private long again;
    private int mainGroup = -1;
    private boolean stale;
    private boolean partial;
    private long addedWhenLost;
    private long blocksWhenLost;

    /**
     * @param replays whether there is somebody to ask for what was missed
     * @param kvTokens that the engine's cache holds; 0 for unknown
     */
    EventSource(EngineCache cache, EventDialect dialect, EventCounts counts, boolean replays, long kvTokens) {
        this.cache = cache;
        decoder = new KvEventDecoder(dialect);
        this.counts = counts;
        this.replays = replays;
        this.kvTokens = kvTokens;
    }

    EngineCache cache() {
        return cache;
    }

    /** How much its events are worth now. */
    EventState state() {
        return state;
    }

    /** The connection is there, or there again. */
    void connected(long now) {
        connected = true;
        if (replays) {
            // from what it said last, to see whether it is still the same
            probed = sequence.applied();
            attempts = 0;
            replay(Math.max(0, sequence.applied()), now);
        }
        conclude();
    }

    /** The connection broke; what is said meanwhile is not heard. */
    void disconnected() {
        if (connected) {
            connected = false;
            unproven = sequence.applied() != NOTHING;
            counts.incident(Incident.DISCONNECTED);
            conclude();
        }
    }

    /** From which number on batches are to be asked for, once; -1 for none. */
    long takeReplayRequest() {
        long from = replayFrom;
        replayFrom = NOTHING;
        return from;
    }

    /** A batch came as it was published. */
    void live(long number, byte[] payload, long now) {
        if (number < 0) {
            counts.batch(Batch.MALFORMED);
            return;
        }
        double seconds = KvEventDecoder.timestamp(payload);
        reached = true;
        switch (sequence.step(number, seconds)) {
            case APPLY -> {
                unproven = false;
                apply(number, payload, seconds, Batch.APPLIED);
                drain(now);
            }
            case DROP -> counts.batch(Batch.DUPLICATE);
            case GAP -> gap(number, payload, now);
            case RESTART -> {
                restart(now);
                live(number, payload, now);
                return;
            }
        }
        conclude();
    }

    private void restart(long now) {
        counts.incident(Incident.RESTART);
        cache.cleared();
        sequence.restart();
        kept.clear();
        keptBytes = 0;
        mainGroup = -1;
        stale = false;
        partial = false;
        replaying = false;
        unproven = false;
        probed = NOTHING;
        if (replays) {
            replay(0, now);
        }
    }

    private void gap(long number, byte[] payload, long now) {
        if (kept.containsKey(number)) {
            counts.batch(Batch.DUPLICATE);
            return;
        }
        if (kept.isEmpty()) {
            counts.incident(Incident.GAP);
            deadline = now + LATE_NANOS;
            if (replays && !replaying && now - again >= 0) {
                attempts = 0;
                replay(sequence.expected(), now);
            }
        }
        if (kept.size() >= MOST_KEPT || keptBytes + payload.length > MOST_KEPT_BYTES) {
            counts.batch(Batch.OVERFLOWED);
            giveUp(now);
            live(number, payload, now);
            return;
        }
        kept.put(number, payload);
        keptBytes += payload.length;
    }

    /** Those that were kept are applied as far as they follow each other. */
    private void drain(long now) {
        boolean waited = !kept.isEmpty();
        while (!kept.isEmpty() && kept.firstKey() <= sequence.expected()) {
            long number = kept.firstKey();
            byte[] payload = Objects.requireNonNull(kept.remove(number));
            keptBytes -= payload.length;
            if (number == sequence.expected()) {
                apply(number, payload, KvEventDecoder.timestamp(payload), Batch.APPLIED);
            } else {
                counts.batch(Batch.DUPLICATE);
            }
        }
        if (waited && kept.isEmpty()) {
            counts.incident(Incident.FILLED);
        } else if (waited) {
            deadline = now + LATE_NANOS;
        }
    }

    private void replay(long from, long now) {
        replaying = true;
        firstOfReplay = true;
        replayFrom = from;
        deadline = now + REPLAY_NANOS;
    }

    /** A batch came that was asked for. */
    void replayed(long number, byte[] payload, long now) {
        if (!replaying || number < 0) {
            return;
        }
        reached = true;
        deadline = now + REPLAY_NANOS;
        boolean first = firstOfReplay;
        firstOfReplay = false;
        if (number == probed) {
            probed = NOTHING;
        }
        double seconds = KvEventDecoder.timestamp(payload);
        switch (sequence.step(number, seconds)) {
            case APPLY -> {
                attempts = 0;
                apply(number, payload, seconds, Batch.REPLAYED);
            }
            case DROP -> counts.batch(Batch.DUPLICATE);
            case GAP -> {
                if (first) {
                    // older ones are not kept any more
                    lost(number);
                    apply(number, payload, seconds, Batch.REPLAYED);
                } else {
                    gap(number, payload, now);
                }
            }
            case RESTART -> restart(now);
        }
        conclude();
    }

    private boolean begins(long number) {
        return sequence.applied() == NOTHING && number <= 1;
    }

    /** All that was asked for has come. */
    void replayEnded(long now) {
        if (!replaying) {
            return;
        }
        replaying = false;
        reached = true;
        if (probed != NOTHING) {
            // it does not have any more what it said last: it is another
            restart(now);
            conclude();
            return;
        }
        attempts = 0;
        unproven = false;
        drain(now);
        if (!kept.isEmpty()) {
            // published while the answer was made, or lost on the way
            if (++attempts < REPLAY_ATTEMPTS && kept.firstKey() > sequence.expected()) {
                replay(sequence.expected(), now);
            } else {
                giveUp(now);
            }
        }
        conclude();
    }

    /** Time has passed. */
    void tick(long now) {
        if (replaying && now - deadline >= 0) {
            replaying = false;
            if (++attempts < REPLAY_ATTEMPTS) {
                replay(probed != NOTHING ? probed : sequence.expected(), now);
            } else {
                counts.incident(Incident.REPLAY_FAILED);
                probed = NOTHING;
                again = now + AGAIN_NANOS;
                if (!reached) {
                    // nobody there yet: ask again later
                    attempts = 0;
                }
                giveUp(now);
            }
            conclude();
        } else if (!replaying && !kept.isEmpty() && now - deadline >= 0) {
            giveUp(now);
            conclude();
        } else if (!replaying && replays && state == EventState.UNHEARD && connected && now - again >= 0) {
            attempts = 0;
            replay(sequence.expected(), now);
        }
    }

    /** Goes on without what is missing. */
    private void giveUp(long now) {
        unproven &= kept.isEmpty();
        while (!kept.isEmpty()) {
            long first = kept.firstKey();
            if (first > sequence.expected()) {
                lost(first);
            }
            byte[] payload = Objects.requireNonNull(kept.remove(first));
            keptBytes -= payload.length;
            apply(first, payload, KvEventDecoder.timestamp(payload), Batch.APPLIED);
            while (!kept.isEmpty() && kept.firstKey() == sequence.expected()) {
                long next = kept.firstKey();
                byte[] following = Objects.requireNonNull(kept.remove(next));
                keptBytes -= following.length;
                apply(next, following, KvEventDecoder.timestamp(following), Batch.APPLIED);
            }
        }
        deadline = now;
    }

    /** Batches before that number will not come. Some count from 1. */
    private void lost(long number) {
        if (begins(number)) {
            sequence.applied(number - 1, Double.NaN);
            return;
        }
        counts.incident(Incident.LOST);
        if (sequence.applied() == NOTHING) {
            partial = true;
        } else {
            stale = true;
        }
        untilTurnedOver();
        sequence.applied(number - 1, Double.NaN);
    }

    /** What is wrong now is wrong until as many blocks have come as the cache holds. */
    private void untilTurnedOver() {
        addedWhenLost = cache.added();
        blocksWhenLost = cache.measure() == 0 || kvTokens == 0 ? UNKNOWN_BLOCKS : kvTokens / cache.measure();
    }

    private void apply(long number, byte[] payload, double seconds, Batch how) {
        var verdict = decoder.decode(payload, this::event);
        counts.unknown(decoder.unknownEvents(), decoder.unknownFields());
        if (verdict == KvEventDecoder.Verdict.MALFORMED) {
            counts.batch(Batch.MALFORMED);
        } else {
            counts.batch(how);
        }
        if (verdict == KvEventDecoder.Verdict.MALFORMED || decoder.unreadRemovals() > 0) {
            stale = true;
            untilTurnedOver();
        }
        sequence.applied(number, seconds);
    }

    private void event(KvEvent event) {
        counts.event(event.kind());
        switch (event.kind()) {
            case CLEARED -> {
                cache.cleared();
                stale = false;
                partial = false;
            }
            case REMOVED -> {
                if (ofMainGroup(event)) {
                    counts.removed(event.count());
                    cache.removed(tier(event), event.hashes(), event.count());
                }
            }
            case STORED -> stored(event);
        }
    }

    private boolean ofMainGroup(KvEvent event) {
        boolean main = event.fullAttention() && (event.group() < 0 || mainGroup < 0 || event.group() == mainGroup);
        if (!main) {
            counts.otherGroup();
        }
        return main;
    }

    private void stored(KvEvent event) {
        if (!ofMainGroup(event)) {
            return;
        }
        if (mainGroup < 0 && event.tokenCount() > 0) {
            mainGroup = event.group();
        }
        if (!cache.hashingKnown() && !event.hasParent()) {
            cache.hashesAs(KnownHashing.of(event));
        }
        var outcome = cache.stored(new StoredBlocks(
                tier(event),
                event.hasParent(),
                event.parent(),
                event.hashes(),
                event.count(),
                event.tokens(),
                event.tokenCount(),
                event.blockSize(),
                event.adapter(),
                event.salt(),
                event.hasExtras() ? event.extras() : null));
        counts.stored(outcome, event.count());
        if (outcome == StoredOutcome.STORED) {
            if ((stale || partial) && cache.added() - addedWhenLost >= blocksWhenLost) {
                // all that was missed has made room for what was heard
                stale = false;
                partial = false;
            }
        } else if (outcome == StoredOutcome.ODD && cache.blockSize() == 0) {
            // blocks of that size are not followed, whatever comes
            stale = true;
            blocksWhenLost = Long.MAX_VALUE;
        } else if (outcome == StoredOutcome.CONTRADICTION || outcome == StoredOutcome.FULL) {
            partial = true;
            untilTurnedOver();
        }
    }

    private static CacheTier tier(KvEvent event) {
        return switch (event.medium()) {
            case GPU -> CacheTier.GPU;
            case CPU -> CacheTier.CPU;
            case STORAGE -> CacheTier.STORAGE;
        };
    }

    private void conclude() {
        boolean waits = unproven || !kept.isEmpty() || replaying && sequence.applied() != NOTHING && !reached;
        state = !connected
                ? EventState.DISCONNECTED
                : !reached
                        ? EventState.UNHEARD
                        : waits
                                ? EventState.WAITING
                                : stale ? EventState.UNCERTAIN : partial ? EventState.PARTIAL : EventState.COMPLETE;
    }
}
