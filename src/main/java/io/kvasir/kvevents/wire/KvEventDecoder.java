package io.kvasir.kvevents.wire;

import io.kvasir.kvevents.wire.MessagePackReader.Kind;
import io.kvasir.kvevents.wire.MessagePackReader.Malformed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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

    private static final int NONE = -1;
    private static final int MAX_NAME = 1024;
    private static final long DIGEST_SEED = 0xCBF29CE484222325L;

    /** What became of a batch. */
    public enum Verdict {
        /** All of it was understood, or gone over as unknown. */
        READ,
        /** It is no batch, or breaks off; the events before that were told. */
        MALFORMED
    }

    private final EventDialect dialect;
    private final MessagePackReader in = new MessagePackReader();
    private final KvEvent event = new KvEvent();
    private double timestamp = Double.NaN;
    private int rank;
    private int unknownEvents;
    private int unknownFields;
    private int unreadRemovals;
    private int events;
    private boolean removal;
    private int extraKeysAt;
    private @Nullable String lastName;
    private byte[] lastNameBytes = {};

    public KvEventDecoder(EventDialect dialect) {
        this.dialect = dialect;
    }

    /** Tells the events of a batch to a sink. */
    public Verdict decode(byte[] payload, KvEventSink sink) {
        timestamp = Double.NaN;
        rank = NONE;
        unknownEvents = 0;
        unknownFields = 0;
        unreadRemovals = 0;
        events = 0;
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
        return unknownFields;
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
            int start = key();
            if (is(start, "events")) {
                eventsAt = in.position();
                in.skip();
            } else if (is(start, "ts")) {
                readTimestamp();
            } else if (is(start, "data_parallel_rank") || is(start, "attn_dp_rank")) {
                readRank();
            } else {
                unknownFields++;
                in.skip();
            }
        }
        return eventsAt;
    }

    /** Where the key's bytes begin; empty for a key that is no text. */
    private int key() throws Malformed {
        var kind = in.kind();
        if (kind == Kind.TEXT || kind == Kind.BINARY) {
            return in.string();
        }
        in.skip();
        return NONE;
    }

    private boolean is(int start, String name) {
        if (start == NONE || in.length() != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (in.at(start + i) != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void events(KvEventSink sink) throws Malformed {
        for (int n = in.array(); n > 0; n--) {
            int start = in.position();
            removal = false;
            boolean known = switch (in.kind()) {
                case ARRAY -> positional();
                case MAP -> tagged();
                default -> false;
            };
            if (known) {
                events++;
                sink.event(event);
            } else {
                unknownEvents++;
                unreadRemovals += removal ? 1 : 0;
                in.position(start);
                in.skip();
            }
        }
    }

    private KvEvent.@Nullable Kind tag() throws Malformed {
        var kind = in.kind();
        if (kind != Kind.TEXT && kind != Kind.BINARY) {
            in.skip();
            return null;
        }
        int start = in.string();
        if (is(start, "BlockStored")) {
            return KvEvent.Kind.STORED;
        }
        if (is(start, "BlockRemoved")) {
            return KvEvent.Kind.REMOVED;
        }
        return is(start, "AllBlocksCleared") ? KvEvent.Kind.CLEARED : null;
    }

    private boolean positional() throws Malformed {
        int n = in.array();
        var kind = n == 0 ? null : tag();
        if (kind == null) {
            return false;
        }
        begin(kind);
        for (int place = 1; place < n; place++) {
            var field = switch (kind) {
                case STORED -> dialect.stored(place);
                case REMOVED -> dialect.removed(place);
                case CLEARED -> EventField.UNKNOWN;
            };
            if (!field(field)) {
                return false;
            }
        }
        return finished();
    }

    private boolean tagged() throws Malformed {
        int fields = in.map();
        int start = in.position();
        KvEvent.Kind kind = null;
        for (int i = 0; i < fields && kind == null; i++) {
            if (is(key(), "type")) {
                kind = tag();
                break;
            }
            in.skip();
        }
        if (kind == null) {
            return false;
        }
        begin(kind);
        in.position(start);
        for (int i = 0; i < fields; i++) {
            int name = key();
            var field = name == NONE ? EventField.UNKNOWN : EventField.named(in, name, in.length());
            if (!field(field)) {
                return false;
            }
        }
        return finished();
    }

    private void begin(KvEvent.Kind kind) {
        event.clear(kind);
        removal = kind == KvEvent.Kind.REMOVED;
        extraKeysAt = NONE;
    }

    /** Whether the event still makes sense; where not, the caller goes on behind it. */
    private boolean field(EventField field) throws Malformed {
        if (field == EventField.UNKNOWN) {
            unknownFields++;
            in.skip();
            return true;
        }
        if (in.nil()) {
            return true;
        }
        switch (field) {
            case BLOCK_HASHES, NAMESPACED_HASHES -> {
                return hashes();
            }
            case PARENT, NAMESPACED_PARENT -> {
                return parent();
            }
            case TOKEN_IDS -> {
                return tokens();
            }
            case BLOCK_SIZE -> event.blockSize = bounded(MAX_BLOCK_SIZE);
            case GROUP -> event.group = bounded(Integer.MAX_VALUE);
            case WINDOW -> event.window = bounded(Integer.MAX_VALUE);
            case MEDIUM -> medium();
            case KIND -> kind();
            case LORA_NAME -> event.adapter = name();
            case CACHE_SALT -> event.salt = name();
            case EXTRA_KEYS -> {
                extraKeysAt = in.position();
                in.skip();
            }
            case TYPE, LORA_ID, LOCALITY, OWNERSHIP, SESSION, UNKNOWN -> in.skip();
        }
        return true;
    }

    private int bounded(int most) throws Malformed {
        if (in.kind() != Kind.INTEGER) {
            in.skip();
            return 0;
        }
        long value = in.integer();
        return value < 0 || value > most ? 0 : (int) value;
    }

    private void medium() throws Malformed {
        if (in.kind() == Kind.TEXT || in.kind() == Kind.BINARY) {
            int start = in.string();
            event.medium = Medium.of(in, start, in.length());
        } else {
            in.skip();
        }
    }

    private void kind() throws Malformed {
        if (in.kind() != Kind.TEXT && in.kind() != Kind.BINARY) {
            in.skip();
            return;
        }
        int start = in.string();
        event.fullAttention =
                is(start, "full_attention") || is(start, "mla_attention") || is(start, "sink_full_attention");
    }

    /** The same string for the same bytes in a row, as they mostly are; null for what is no name. */
    private @Nullable String name() throws Malformed {
        if (in.kind() != Kind.TEXT && in.kind() != Kind.BINARY) {
            in.skip();
            return null;
        }
        int start = in.string();
        return name(start, in.length());
    }

    private @Nullable String name(int start, int length) {
        if (length == 0 || length > MAX_NAME) {
            return null;
        }
        var known = lastName;
        if (known == null || !same(lastNameBytes, start, length)) {
            var bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = in.at(start + i);
            }
            known = new String(bytes, StandardCharsets.UTF_8);
            lastNameBytes = bytes;
            lastName = known;
        }
        return known;
    }

    private boolean same(byte[] bytes, int start, int length) {
        if (bytes.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (in.at(start + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean hashes() throws Malformed {
        if (in.kind() != Kind.ARRAY) {
            return false;
        }
        int n = in.array();
        if (n > MAX_BLOCKS) {
            return false;
        }
        if (event.hashes.length < n) {
            event.hashes = new long[Math.max(n, 2 * event.hashes.length)];
        }
        for (int i = in.integers(event.hashes, n); i < n; i++) {
            switch (in.kind()) {
                case INTEGER -> event.hashes[i] = in.integer();
                case BINARY, TEXT -> {
                    int start = in.string();
                    if (in.length() < 8) {
                        return false;
                    }
                    event.hashes[i] = in.longAt(start + in.length() - 8);
                }
                default -> {
                    return false;
                }
            }
        }
        event.count = n;
        // of none is no news
        removal &= n > 0;
        return true;
    }

    private boolean parent() throws Malformed {
        switch (in.kind()) {
            case INTEGER -> event.parent = in.integer();
            case BINARY, TEXT -> {
                int start = in.string();
                if (in.length() < 8) {
                    return false;
                }
                event.parent = in.longAt(start + in.length() - 8);
            }
            default -> {
                return false;
            }
        }
        // some write 0 for none
        event.hasParent = event.parent != 0;
        return true;
    }

    private boolean tokens() throws Malformed {
        if (in.kind() != Kind.ARRAY) {
            return false;
        }
        int n = in.array();
        if (n > MAX_TOKENS) {
            return false;
        }
        if (event.tokens.length < n) {
            event.tokens = new int[Math.max(n, 2 * event.tokens.length)];
        }
        int[] into = event.tokens;
        for (int i = in.integers(into, n); i < n; i++) {
            if (in.kind() == Kind.ARRAY) {
                // pages of pairs, as speculative decoding has them: their first elements are the tokens
                int pair = in.array();
                if (pair == 0 || in.kind() != Kind.INTEGER) {
                    return false;
                }
                into[i] = (int) in.integer();
                for (int j = 1; j < pair; j++) {
                    in.skip();
                }
            } else if (in.kind() == Kind.INTEGER) {
                into[i] = (int) in.integer();
            } else {
                return false;
            }
        }
        event.tokenCount = n;
        return true;
    }

    private boolean finished() throws Malformed {
        if (event.kind == KvEvent.Kind.STORED && extraKeysAt != NONE) {
            int end = in.position();
            in.position(extraKeysAt);
            extras();
            in.position(end);
        }
        return event.kind == KvEvent.Kind.CLEARED || event.count > 0;
    }

    /** Keys come in the order adapter, pictures, salt, embeddings; the salt with the block that begins a prompt only. */
    private void extras() throws Malformed {
        if (in.kind() != Kind.ARRAY) {
            return;
        }
        int n = in.array();
        if (event.extras.length < event.count) {
            event.extras = new long[event.hashes.length];
        }
        Arrays.fill(event.extras, 0, event.count, 0);
        for (int block = 0; block < n; block++) {
            if (in.nil()) {
                continue;
            }
            if (in.kind() != Kind.ARRAY) {
                in.skip();
                continue;
            }
            long digest = 0;
            for (int left = in.array(); left > 0; left--) {
                digest = extra(digest, block);
            }
            if (block < event.count && digest != 0) {
                event.extras[block] = digest;
                event.hasExtras = true;
            }
        }
    }

    private long extra(long digest, int block) throws Malformed {
        int start = in.position();
        if (in.kind() == Kind.TEXT) {
            int text = in.string();
            String name = name(text, in.length());
            if (name != null && name.equals(event.adapter)) {
                return digest;
            }
            if (block == 0 && !event.hasParent && event.salt == null && name != null) {
                event.salt = name;
                return digest;
            }
        } else {
            in.skip();
        }
        long all = digest == 0 ? DIGEST_SEED : digest;
        for (int i = start; i < in.position(); i++) {
            all = (all ^ (in.at(i) & 0xFF)) * 0x100000001B3L;
        }
        return all == 0 ? 1 : all;
    }
}
