package io.kvasir.kvevents.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvasir.kvevents.wire.PolledEvent.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@code /kv_cache_events} of TensorRT-LLM answers ({@code tensorrt_llm/_utils.py}, {@code KVCacheEventSerializer}):
 * an array of events. Members that are not known are gone over and counted.
 */
public final class PolledEvents {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long[] NO_HASHES = {};
    private static final int[] NONE = {};

    private final List<PolledEvent> events = new ArrayList<>();
    private int unknownFields;

    private Kind kind = Kind.UNKNOWN;
    private boolean hasParent;
    private long parent;
    private long[] hashes = new long[16];
    private int count;
    private int[] tokens = new int[512];
    private int tokenCount;
    private int[] counts = new int[16];
    private long[] extras = new long[16];
    private int[] levels = new int[16];
    private boolean moved;
    private int movedFrom;
    private int movedTo;

    private PolledEvents() {}

    /**
     * Reads an answer.
     *
     * @return null where it is none, or an event has no number
     */
    public static @Nullable PolledEvents read(byte[] body) {
        var read = new PolledEvents();
        try (JsonParser in = JSON.createParser(body)) {
            var first = in.nextToken();
            if (first == null || first == JsonToken.VALUE_NULL) {
                return first == null ? null : read;
            }
            if (first != JsonToken.START_ARRAY) {
                return null;
            }
            while (in.nextToken() != JsonToken.END_ARRAY) {
                if (in.currentToken() != JsonToken.START_OBJECT || !read.event(in)) {
                    return null;
                }
            }
            return in.nextToken() == null ? read : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** As they came. */
    public List<PolledEvent> events() {
        return events;
    }

    /** Members that are not known here. */
    public int unknownFields() {
        return unknownFields;
    }

    private boolean event(JsonParser in) throws IOException {
        kind = Kind.UNKNOWN;
        hasParent = false;
        parent = 0;
        count = 0;
        tokenCount = 0;
        moved = false;
        long id = -1;
        int rank = 0;
        int window = 0;
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            var value = in.nextToken();
            switch (name) {
                case "event_id" -> id = value == JsonToken.VALUE_NUMBER_INT ? in.getLongValue() : -1;
                case "attention_dp_rank" -> rank = small(in, value);
                case "window_size" -> window = small(in, value);
                case "data" -> {
                    if (value == JsonToken.START_OBJECT) {
                        data(in);
                    } else {
                        in.skipChildren();
                    }
                }
                case "hash_algo", "layer_group_id" -> in.skipChildren();
                default -> unknown(in);
            }
        }
        if (id < 0) {
            return false;
        }
        if (kind == Kind.MOVED && !moved) {
            kind = Kind.OTHER;
        }
        boolean stored = kind == Kind.STORED;
        events.add(new PolledEvent(
                kind,
                id,
                rank,
                window,
                hasParent,
                parent,
                count == 0 ? NO_HASHES : Arrays.copyOf(hashes, count),
                stored ? Arrays.copyOf(tokens, tokenCount) : NONE,
                stored ? Arrays.copyOf(counts, count) : NONE,
                stored ? Arrays.copyOf(extras, count) : NO_HASHES,
                stored ? Arrays.copyOf(levels, count) : new int[] {movedFrom, movedTo}));
        return true;
    }

    private static int small(JsonParser in, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NUMBER_INT) {
            return (int) Math.clamp(in.getLongValue(), 0, Integer.MAX_VALUE);
        }
        in.skipChildren();
        return 0;
    }

    private void unknown(JsonParser in) throws IOException {
        unknownFields++;
        in.skipChildren();
    }

    private void data(JsonParser in) throws IOException {
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            var value = in.nextToken();
            switch (name) {
                case "type" -> kind = kind(in.getText());
                case "parent_hash" -> {
                    parent = value == JsonToken.VALUE_NULL ? 0 : hash(in, value);
                    hasParent = parent != 0;
                }
                case "blocks" -> {
                    while (value == JsonToken.START_ARRAY && in.nextToken() == JsonToken.START_OBJECT) {
                        block(in);
                    }
                }
                case "block_hashes" -> {
                    while (value == JsonToken.START_ARRAY && in.nextToken() != JsonToken.END_ARRAY) {
                        room();
                        hashes[count++] = hash(in, in.currentToken());
                    }
                }
                case "block_hash" -> {
                    room();
                    hashes[count++] = hash(in, value);
                }
                case "cache_level" -> {
                    if (value == JsonToken.START_OBJECT) {
                        difference(in);
                    } else {
                        in.skipChildren();
                    }
                }
                case "num_blocks_per_cache_level", "priority" -> in.skipChildren();
                default -> unknown(in);
            }
        }
    }

    private static Kind kind(String type) {
        return switch (type) {
            case "created" -> Kind.CREATED;
            case "stored" -> Kind.STORED;
            case "removed" -> Kind.REMOVED;
            case "updated" -> Kind.MOVED;
            default -> Kind.UNKNOWN;
        };
    }

    private void room() {
        if (count == hashes.length) {
            int more = 2 * count;
            hashes = Arrays.copyOf(hashes, more);
            counts = Arrays.copyOf(counts, more);
            extras = Arrays.copyOf(extras, more);
            levels = Arrays.copyOf(levels, more);
        }
    }

    private void difference(JsonParser in) throws IOException {
        moved = true;
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            var value = in.nextToken();
            switch (name) {
                case "old_value" -> movedFrom = small(in, value);
                case "new_value" -> movedTo = small(in, value);
                default -> in.skipChildren();
            }
        }
    }

    private void block(JsonParser in) throws IOException {
        room();
        int at = count++;
        hashes[at] = 0;
        extras[at] = 0;
        levels[at] = 0;
        int before = tokenCount;
        boolean pictured = false;
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            var value = in.nextToken();
            switch (name) {
                case "block_hash" -> hashes[at] = hash(in, value);
                case "cache_level" -> levels[at] = small(in, value);
                case "tokens" -> {
                    while (value == JsonToken.START_ARRAY && in.nextToken() == JsonToken.START_OBJECT) {
                        token(in, at);
                    }
                }
                case "mm_keys" -> {
                    if (value == JsonToken.START_ARRAY && in.nextToken() != JsonToken.END_ARRAY) {
                        pictured = true;
                        do {
                            in.skipChildren();
                        } while (in.nextToken() != JsonToken.END_ARRAY);
                    } else if (value != JsonToken.START_ARRAY) {
                        in.skipChildren();
                    }
                }
                case "type", "priority" -> in.skipChildren();
                default -> unknown(in);
            }
        }
        counts[at] = tokenCount - before;
        if (pictured) {
            // it is not what its ids say
            extras[at] = mixed(extras[at], hashes[at]);
        }
    }

    private void token(JsonParser in, int block) throws IOException {
        int id = 0;
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            var value = in.nextToken();
            switch (name) {
                case "token_id" -> id = value == JsonToken.VALUE_NUMBER_INT ? (int) in.getLongValue() : 0;
                case "token_extra_id" -> {
                    if (value == JsonToken.VALUE_NUMBER_INT && !in.getText().equals("0")) {
                        extras[block] = mixed(extras[block], hash(in, value));
                    }
                }
                default -> in.skipChildren();
            }
        }
        if (tokenCount == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * tokenCount);
        }
        tokens[tokenCount++] = id;
    }

    private static long mixed(long digest, long more) {
        long all = (digest ^ more) * 0x9E3779B97F4A7C15L;
        return (all ^ all >>> 32) | 1;
    }

    /** 64 bits, whatever their sign; of a digest in hexadecimal digits the last. */
    private static long hash(JsonParser in, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NUMBER_INT) {
            return in.getBigIntegerValue().longValue();
        }
        if (value == JsonToken.VALUE_STRING) {
            String text = in.getText();
            try {
                return text.length() >= 32
                        ? Long.parseUnsignedLong(text, text.length() - 16, text.length(), 16)
                        : Long.parseUnsignedLong(text);
            } catch (NumberFormatException e) {
                throw new IOException("no hash", e);
            }
        }
        throw new IOException("no hash");
    }
}
