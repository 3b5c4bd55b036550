package io.kvasir.kvevents.wire;

import io.kvasir.kvevents.wire.MessagePackReader.Kind;
import io.kvasir.kvevents.wire.MessagePackReader.Malformed;
import java.nio.ByteBuffer;

/**
 * Reads batches of KV events from their frames: {@code [ts, [events], rank]} or the same as a map, events as tagged maps or
 * as arrays whose first element is the tag, hashes as integers, signed or not, or as bytes. What it does not know is gone
 * over and counted. Whatever the bytes are, it answers a {@link Verdict}. Reused from batch to batch; not thread-safe.
 */
public final class KvEventDecoder {
    /** Blocks of one event at most. */
    public static final int MAX_BLOCKS = 1 << 20;

    /** Tokens of one event at most. */
    public static final int MAX_TOKENS = 1 << 24;

    /** Tokens of a block at most. */
    public static final int MAX_BLOCK_SIZE = 1 << 16;

    private static final int NONE = KvEventReader.NONE;

    /** What became of a batch. */
    public enum Verdict {
        /** All of it was understood, or gone over as unknown. */
        READ,
        /** It is no batch, or breaks off; the events before that were told. */
        MALFORMED
    }

    private final MessagePackReader in = new MessagePackReader();
    private final KvEventReader reader;
    private double timestamp = Double.NaN;
    private int rank;
    private int unknownEvents;
    private int unknownFields;
    private int unreadRemovals;
    private int events;

    public KvEventDecoder(EventDialect dialect) {
        reader = new KvEventReader(dialect, in);
    }

    /** Tells the events of a batch to a sink. */
    public Verdict decode(byte[] payload, KvEventSink sink) {
        timestamp = Double.NaN;
        rank = NONE;
        unknownEvents = 0;
        unknownFields = 0;
        unreadRemovals = 0;
        events = 0;
        reader.reset();
        in.reset(payload);
        try {
            if (in.kind() == Kind.MAP) {
                mapBatch(sink);
            } else {
                arrayBatch(sink);
            }
            return Verdict.READ;
        } catch (Malformed e) {
            return Verdict.MALFORMED;
        }
    }

    /** When the engine made a batch, without telling its events; NaN where it does not say. */
    public static double timestamp(byte[] payload) {
        if (payload.length >= 10 && (payload[0] & 0xF0) == 0x90 && (payload[1] & 0xFF) == 0xCB) {
            return ByteBuffer.wrap(payload).getDouble(2);
        }
        var other = new KvEventDecoder(EventDialect.VLLM);
        other.in.reset(payload);
        try {
            if (other.in.kind() == Kind.MAP) {
                other.mapHead();
            } else if (other.in.array() > 0) {
                other.readTimestamp();
            }
        } catch (Malformed e) {
            // said of the batch when it is read
        }
        return other.timestamp;
    }

    /** The data-parallel rank of a batch, without reading the rest of it; 0 where it is not told last. */
    public static int rank(byte[] payload) {
        boolean three = payload.length > 1 && (payload[0] & 0xFF) == 0x93;
        return three && payload[payload.length - 1] >= 0 ? payload[payload.length - 1] : 0;
    }

    /** When the engine made the batch, in its own seconds since 1970; NaN where it does not say. */
    public double timestamp() {
        return timestamp;
    }

    /** The data-parallel rank; -1 where the engine does not say. */
    public int rank() {
        return rank;
    }

    /** Events told of the last batch. */
    public int events() {
        return events;
    }

    /** Events of the last batch of a kind that is not known here, or that make no sense. */
    public int unknownEvents() {
        return unknownEvents;
    }

    /** Fields of the last batch that are not known here. */
    public int unknownFields() {
        return unknownFields + reader.unknownFields();
    }

    /** Events of the last batch, counted with the unknown ones, that tell of removed blocks in a way that is not known. */
    public int unreadRemovals() {
        return unreadRemovals;
    }

    private void arrayBatch(KvEventSink sink) throws Malformed {
        int n = in.array();
        if (n < 2) {
            throw Malformed.INSTANCE;
        }
        readTimestamp();
        rankAfter(n, sink);
    }

    private void rankAfter(int n, KvEventSink sink) throws Malformed {
        if (n == 2) {
            events(sink);
            return;
        }
        // the rank comes behind the events and says whose they are
        int eventsAt = in.position();
        if (n > 3 || !in.endsWithSmallNumber()) {
            in.skip();
            readRank();
        } else {
            rank = in.lastSmallNumber();
        }
        int rankOfBatch = rank;
        in.position(eventsAt);
        events(sink);
        readRank();
        if (rank != rankOfBatch) {
            throw Malformed.INSTANCE;
        }
        for (int i = 3; i < n; i++) {
            in.skip();
        }
    }

    private void readTimestamp() throws Malformed {
        var kind = in.kind();
        if (kind == Kind.FLOAT || kind == Kind.INTEGER) {
            timestamp = in.number();
        } else {
            in.skip();
        }
    }

    private void readRank() throws Malformed {
        if (in.kind() == Kind.INTEGER) {
            long value = in.integer();
            rank = value >= 0 && value < Integer.MAX_VALUE ? (int) value : NONE;
        } else {
            in.skip();
        }
    }

    private void mapBatch(KvEventSink sink) throws Malformed {
        int eventsAt = mapHead();
        if (eventsAt == NONE) {
            throw Malformed.INSTANCE;
        }
        in.position(eventsAt);
        events(sink);
    }

    /** All but the events; returns where these are. */
    private int mapHead() throws Malformed {
        int eventsAt = NONE;
        for (int n = in.map(); n > 0; n--) {
            int start = reader.key();
            if (start == NONE) {
                unknownFields++;
                in.skip();
            } else if (in.is(start, "events")) {
                eventsAt = in.position();
                in.skip();
            } else if (in.is(start, "ts")) {
                readTimestamp();
            } else if (in.is(start, "data_parallel_rank") || in.is(start, "attn_dp_rank")) {
                readRank();
            } else {
                unknownFields++;
                in.skip();
            }
        }
        return eventsAt;
    }

    private void events(KvEventSink sink) throws Malformed {
        for (int n = in.array(); n > 0; n--) {
            if (reader.read()) {
                events++;
                sink.event(reader.event());
            } else {
                unknownEvents++;
                unreadRemovals += reader.isRemoval() ? 1 : 0;
            }
        }
    }
}
