package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.prefix.StoredOutcome;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** What came of engines' KV events, over all engines. From any thread. */
final class EventCounts implements Metered {
    /** What became of batches. */
    enum Batch {
        /** Applied in order. */
        APPLIED,
        /** Seen before. */
        DUPLICATE,
        /** Applied from a replay. */
        REPLAYED,
        /** Not to be read to its end. */
        MALFORMED,
        /** Of no endpoint that is known. */
        UNCLAIMED,
        /** Beyond what is kept while others are missing. */
        OVERFLOWED
    }

    /** What happened to sequences. */
    enum Incident {
        /** Batches were missing. */
        GAP,
        /** They were had by replay, or came late. */
        FILLED,
        /** They are gone for good. */
        LOST,
        /** The publisher restarted. */
        RESTART,
        /** A replay was not answered. */
        REPLAY_FAILED,
        /** The connection broke, or heartbeats were not answered in time. */
        DISCONNECTED,
        /** A connection was accepted, and nobody greeted there in time. */
        UNRESPONSIVE,
        /** Nobody listens at a rank's port, or no more, while other ranks of the engine are there. */
        GONE
    }

    private final AtomicLongArray batches = new AtomicLongArray(Batch.values().length);
    private final AtomicLongArray incidents = new AtomicLongArray(Incident.values().length);
    private final AtomicLongArray events = new AtomicLongArray(KvEvent.Kind.values().length);
    private final AtomicLongArray stored = new AtomicLongArray(StoredOutcome.values().length);
    private final LongAdder removed = new LongAdder();
    private final LongAdder partialBlocks = new LongAdder();
    private final LongAdder unknownEvents = new LongAdder();
    private final LongAdder unknownFields = new LongAdder();
    private final LongAdder unknownGroups = new LongAdder();

    void batch(Batch what) {
        batches.incrementAndGet(what.ordinal());
    }

    long count(Batch what) {
        return batches.get(what.ordinal());
    }

    void incident(Incident what) {
        incidents.incrementAndGet(what.ordinal());
    }

    long count(Incident what) {
        return incidents.get(what.ordinal());
    }

    void event(KvEvent.Kind kind) {
        events.incrementAndGet(kind.ordinal());
    }

    void stored(StoredOutcome outcome, int blocks) {
        stored.addAndGet(outcome.ordinal(), blocks);
    }

    long count(StoredOutcome outcome) {
        return stored.get(outcome.ordinal());
    }

    void removed(int blocks) {
        removed.add(blocks);
    }

    void unknown(int ofEvents, int ofFields) {
        if (ofEvents > 0) {
            unknownEvents.add(ofEvents);
        }
        if (ofFields > 0) {
            unknownFields.add(ofFields);
        }
    }

    void partialBlock() {
        partialBlocks.increment();
    }

    void unknownGroup() {
        unknownGroups.increment();
    }

    long countUnknownGroups() {
        return unknownGroups.sum();
    }

    private static String code(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_kv_event_batches",
                "Batches of KV events, by what became of them.",
                "result",
                Batch.values(),
                EventCounts::code,
                this::count);
        sink.counters(
                "kvasir_kv_event_incidents",
                "What happened to sequences of KV events.",
                "incident",
                Incident.values(),
                EventCounts::code,
                this::count);
        sink.counters(
                "kvasir_kv_events",
                "KV events, by kind.",
                "kind",
                KvEvent.Kind.values(),
                EventCounts::code,
                kind -> events.get(kind.ordinal()));
        sink.counters(
                "kvasir_kv_event_blocks_stored",
                "Blocks that engines said they stored, by what the index made of them.",
                "result",
                StoredOutcome.values(),
                StoredOutcome::code,
                this::count);
        sink.counter("kvasir_kv_event_blocks_removed", "Blocks that engines said they removed.", removed.sum());
        sink.counter(
                "kvasir_kv_event_partial_blocks",
                "Blocks that engines said they stored before they were full, which are not followed.",
                partialBlocks.sum());
        sink.counter("kvasir_kv_event_unknown_events", "KV events of unknown kinds.", unknownEvents.sum());
        sink.counter("kvasir_kv_event_unknown_fields", "Unknown fields of KV events.", unknownFields.sum());
        sink.counter(
                "kvasir_kv_event_unknown_groups",
                "KV events about groups of layers of which it is not known what they need of a prefix.",
                unknownGroups.sum());
    }
}
