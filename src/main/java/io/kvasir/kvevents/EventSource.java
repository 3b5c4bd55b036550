package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventDecoder;
import io.kvasir.prefix.EngineCache;
import org.jspecify.annotations.Nullable;

/**
 * The events of one rank of an engine, put in order and applied. Knows no socket: whoever has one hands over what came, and
 * asks what to have replayed. By one thread.
 */
final class EventSource {
    /** How long late batches are waited for where nobody can be asked for them, in ns. */
    static final long LATE_NANOS = 200_000_000L;

    /** How long an answer to a request for replay may pause, in ns. */
    static final long REPLAY_NANOS = 2_000_000_000L;

    /** How long after replays have failed another is asked for, in ns. */
    static final long AGAIN_NANOS = 30_000_000_000L;

    private static final int REPLAY_ATTEMPTS = 3;
    private static final long NOTHING = -1;

    private final CacheAccount account;
    private final KvEventDecoder decoder;
    private final EventCounts counts;
    private final boolean replays;
    private final EventSequence sequence = new EventSequence();
    private final KeptBatches kept = new KeptBatches();
    private final RankPresence presence = new RankPresence();
    private EventState state = EventState.UNHEARD;
    private boolean reached;
    private boolean replaying;
    private boolean firstOfReplay;
    /** Whether what still comes of an answer is of no use: all is asked for anew. */
    private boolean abandoned;

    /** The batch that is asked for to see whether the publisher is still the same; -1 for none. */
    private long probed = NOTHING;

    /** Whether nothing has shown yet, since the connection broke, that no batch is missing. */
    private boolean unproven;

    private long replayFrom = NOTHING;
    private int attempts;
    private long deadline;
    private long again;

    /**
     * @param replays whether there is somebody to ask for what was missed
     * @param kvTokens that the engine's cache holds; 0 for unknown
     */
    EventSource(EngineCache cache, EventDialect dialect, EventCounts counts, boolean replays, long kvTokens) {
        account = new CacheAccount(cache, counts, kvTokens);
        decoder = new KvEventDecoder(dialect);
        this.counts = counts;
        this.replays = replays;
    }

    EngineCache cache() {
        return account.cache();
    }

    /**
     * What its engine's page says of its cache.
     *
     * @param blockTokens tokens of a block; not positive for untold
     * @param scheme how blocks are hashed; null for untold
     */
    void expects(int blockTokens, @Nullable HashScheme scheme) {
        account.cache().expects(blockTokens);
        account.hashes(scheme);
    }

    /** How much its events are worth now. */
    EventState state() {
        return state;
    }

    /** The connection is there, or there again. */
    void connected(long now) {
        if (presence.greeted()) {
            unproven = sequence.applied() != NOTHING;
        }
        if (presence.gone(false)) {
            cache().absent(false);
        }
        abandoned = false;
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
        if (presence.broke()) {
            unproven = sequence.applied() != NOTHING;
            counts.incident(Incident.DISCONNECTED);
            conclude();
        }
    }

    /** A connection was accepted, and nobody greeted there in time: a process that hangs, or another's port. */
    void unresponsive() {
        presence.accepted();
        disconnected();
        if (presence.ungreeted()) {
            counts.incident(Incident.UNRESPONSIVE);
            conclude();
        }
    }

    /** A connection was not accepted: nobody listens there. */
    void refused(long now) {
        presence.refused(now);
        conclude();
    }

    /** Whether somebody is there who publishes. */
    RankPresence presence() {
        return presence;
    }

    /** Its process is gone, or never was, while others of the same engine are there: what it held is gone with it. */
    void gone() {
        if (presence.gone(true)) {
            counts.incident(Incident.GONE);
            account.restarted();
            cache().absent(true);
            sequence.restart();
            // whoever comes there may be anybody, and hold anything
            reached = false;
            unproven = false;
            kept.clear();
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
        account.restarted();
        sequence.restart();
        kept.clear();
        replaying = false;
        unproven = false;
        probed = NOTHING;
        if (replays) {
            replay(0, now);
        }
    }

    private void gap(long number, byte[] payload, long now) {
        if (kept.has(number)) {
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
        if (kept.isFullFor(payload)) {
            counts.batch(Batch.OVERFLOWED);
            giveUp(now);
            live(number, payload, now);
            return;
        }
        kept.add(number, payload);
    }

    /** Those that were kept are applied as far as they follow each other. */
    private void drain(long now) {
        boolean waited = !kept.isEmpty();
        while (!kept.isEmpty() && kept.first() <= sequence.expected()) {
            long number = kept.first();
            byte[] payload = kept.takeFirst();
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
        if (abandoned) {
            return;
        }
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
            case RESTART -> {
                restart(now);
                abandoned = true;
            }
        }
        conclude();
    }

    private boolean begins(long number) {
        return sequence.applied() == NOTHING && number <= 1;
    }

    /** All that was asked for has come. */
    void replayEnded(long now) {
        if (abandoned) {
            abandoned = false;
            return;
        }
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
            if (++attempts < REPLAY_ATTEMPTS && kept.first() > sequence.expected()) {
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
            abandoned = false;
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
        } else if (!replaying && replays && state == EventState.UNHEARD && presence.isConnected() && now - again >= 0) {
            attempts = 0;
            replay(sequence.expected(), now);
        }
    }

    /** Goes on without what is missing. */
    private void giveUp(long now) {
        unproven &= kept.isEmpty();
        while (!kept.isEmpty()) {
            long first = kept.first();
            if (first > sequence.expected()) {
                lost(first);
            }
            byte[] payload = kept.takeFirst();
            apply(first, payload, KvEventDecoder.timestamp(payload), Batch.APPLIED);
            while (!kept.isEmpty() && kept.first() == sequence.expected()) {
                long next = kept.first();
                byte[] following = kept.takeFirst();
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
            account.beginningLost();
        } else {
            account.lost();
        }
        sequence.applied(number - 1, Double.NaN);
    }

    private void apply(long number, byte[] payload, double seconds, Batch how) {
        account.begin();
        var verdict = decoder.decode(payload, account::first);
        counts.unknown(decoder.unknownEvents(), decoder.unknownFields());
        boolean unread = verdict == KvEventDecoder.Verdict.MALFORMED || decoder.unreadRemovals() > 0;
        counts.batch(verdict == KvEventDecoder.Verdict.MALFORMED ? Batch.MALFORMED : how);
        if (account.toldOfOthers()) {
            decoder.decode(payload, account::second);
        }
        if (unread) {
            account.lost();
        }
        sequence.applied(number, seconds);
    }

    private void conclude() {
        boolean waits = unproven || !kept.isEmpty() || replaying && sequence.applied() != NOTHING && !reached;
        state = !presence.isConnected()
                ? presence.isUnresponsive() ? EventState.UNRESPONSIVE : EventState.DISCONNECTED
                : !reached ? EventState.UNHEARD : waits ? EventState.WAITING : account.state();
    }
}
