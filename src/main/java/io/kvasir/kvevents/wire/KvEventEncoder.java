package io.kvasir.kvevents.wire;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes batches of KV events as engines do. Reused from batch to batch; not thread-safe. */
public final class KvEventEncoder {
    /** How events are laid out. */
    public enum Layout {
        /** Arrays whose first element is the tag: vLLM before 0.23, older SGLang. */
        POSITIONAL,
        /** Maps that have the tag as {@code type}. */
        TAGGED
    }

    /**
     * Layers whose blocks an engine caches together.
     *
     * @param index the engine's number for them
     * @param kind as the engine calls what they attend to
     * @param window tokens that they look back; 0 where they have none
     */
    public record Group(int index, String kind, int window) {
        /** The only ones of a plain model. */
        public static final Group ONLY = new Group(0, "full_attention", 0);
    }

    private static final int STORED_PLACES = 12;
    private static final int REMOVED_PLACES = 4;

    private final EventDialect dialect;
    private final Layout layout;
    private final boolean wholeHashes;
    private final List<Map<String, Object>> events = new ArrayList<>();

    /** @param wholeHashes whether hashes are written as bytes, else as 64 bits of them */
    public KvEventEncoder(EventDialect dialect, Layout layout, boolean wholeHashes) {
        this.dialect = dialect;
        this.layout = layout;
        this.wholeHashes = wholeHashes;
    }

    /** Whether nothing was added since the last batch. */
    public boolean isEmpty() {
        return events.isEmpty();
    }

    /** Forgets what was added. */
    public void clear() {
        events.clear();
    }

    private Object hash(BlockHasher hasher, byte[] digest) {
        return wholeHashes ? digest : (Object) hasher.eventHash(digest);
    }

    /**
     * Blocks of a plain model were stored.
     *
     * @param parent digest of the block before them; null for none
     */
    public void stored(
            BlockHasher hasher,
            byte @Nullable [] parent,
            List<byte[]> digests,
            int[] tokens,
            int blockSize,
            @Nullable String adapter,
            @Nullable String salt,
            String medium) {
        stored(hasher, parent, digests, tokens, blockSize, adapter, salt, medium, Group.ONLY);
    }

    /**
     * Blocks of some layers were stored.
     *
     * @param parent digest of the block before them; null for none
     * @param digests of those that are cached: fewer than there are tokens for where some are not
     */
    public void stored(
            BlockHasher hasher,
            byte @Nullable [] parent,
            List<byte[]> digests,
            int[] tokens,
            int blockSize,
            @Nullable String adapter,
            @Nullable String salt,
            String medium,
            Group group) {
        var event = new LinkedHashMap<String, Object>();
        event.put("type", "BlockStored");
        event.put(
                "block_hashes",
                digests.stream().map(digest -> hash(hasher, digest)).toList());
        event.put("parent_block_hash", parent == null ? Nil.NIL : hash(hasher, parent));
        event.put("token_ids", tokens);
        event.put("block_size", blockSize);
        event.put("lora_id", Nil.NIL);
        event.put("medium", medium);
        event.put("lora_name", adapter == null ? Nil.NIL : adapter);
        if (dialect == EventDialect.VLLM) {
            var extras = new ArrayList<Object>();
            for (int i = 0; i < digests.size(); i++) {
                var keys = new ArrayList<Object>();
                if (adapter != null) {
                    keys.add(adapter);
                }
                if (salt != null && parent == null && i == 0) {
                    keys.add(salt);
                }
                extras.add(keys.isEmpty() ? Nil.NIL : keys);
            }
            event.put("extra_keys", extras);
            event.put("group_idx", group.index());
            event.put("kv_cache_spec_kind", group.kind());
            if (group.window() > 0) {
                event.put("kv_cache_spec_sliding_window", group.window());
            }
        } else if (salt != null) {
            event.put("cache_salt", salt);
        }
        events.add(event);
    }

    /** Blocks of a plain model were removed. */
    public void removed(BlockHasher hasher, List<byte[]> digests, String medium) {
        removed(hasher, digests, medium, Group.ONLY);
    }

    /** Blocks of some layers were removed. */
    public void removed(BlockHasher hasher, List<byte[]> digests, String medium, Group group) {
        var event = new LinkedHashMap<String, Object>();
        event.put("type", "BlockRemoved");
        event.put(
                "block_hashes",
                digests.stream().map(digest -> hash(hasher, digest)).toList());
        event.put("medium", medium);
        if (dialect == EventDialect.VLLM) {
            event.put("group_idx", group.index());
        }
        events.add(event);
    }

    /** All blocks were removed. */
    public void cleared() {
        events.add(new LinkedHashMap<>(Map.of("type", "AllBlocksCleared")));
    }

    /** The batch of what was added since the last one. */
    public byte[] batch(double seconds, int rank) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            array(out, 3);
            out.write(0xCB);
            out.writeDouble(seconds);
            array(out, events.size());
            for (var event : events) {
                if (layout == Layout.TAGGED) {
                    value(out, event);
                } else {
                    positional(out, event);
                }
            }
            value(out, rank);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        events.clear();
        return bytes.toByteArray();
    }

    private void positional(DataOutputStream out, Map<String, Object> event) throws IOException {
        String type = String.valueOf(event.get("type"));
        int places = type.equals("BlockStored") ? STORED_PLACES : type.equals("BlockRemoved") ? REMOVED_PLACES : 1;
        array(out, places);
        value(out, type);
        for (int place = 1; place < places; place++) {
            var field = places == STORED_PLACES ? dialect.stored(place) : dialect.removed(place);
            value(out, event.getOrDefault(field.text(), Nil.NIL));
        }
    }

    private enum Nil {
        NIL
    }

    private static void value(DataOutputStream out, Object value) throws IOException {
        switch (value) {
            case Nil _ -> out.write(0xC0);
            case String text -> {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                if (utf8.length < 32) {
                    out.write(0xA0 | utf8.length);
                } else if (utf8.length < 256) {
                    out.write(0xD9);
                    out.write(utf8.length);
                } else {
                    out.write(0xDA);
                    out.writeShort(utf8.length);
                }
                out.write(utf8);
            }
            case byte[] bytes -> {
                out.write(0xC4);
                out.write(bytes.length);
                out.write(bytes);
            }
            case int[] ints -> {
                array(out, ints.length);
                for (int each : ints) {
                    integer(out, each);
                }
            }
            case Long number -> {
                // vLLM's are unsigned, SGLang's signed: the same 64 bits
                out.write(0xCF);
                out.writeLong(number);
            }
            case Integer number -> integer(out, number);
            case List<?> list -> {
                array(out, list.size());
                for (Object each : list) {
                    value(out, each);
                }
            }
            case Map<?, ?> map -> {
                out.write(0x80 | map.size());
                for (var entry : map.entrySet()) {
                    value(out, entry.getKey());
                    value(out, entry.getValue());
                }
            }
            default -> throw new IllegalArgumentException("no value: " + value);
        }
    }

    private static void integer(DataOutputStream out, int value) throws IOException {
        if (value >= 0 && value < 128) {
            out.write(value);
        } else if (value >= 0 && value < 256) {
            out.write(0xCC);
            out.write(value);
        } else if (value >= 0 && value < 65_536) {
            out.write(0xCD);
            out.writeShort(value);
        } else {
            out.write(value < 0 ? 0xD2 : 0xCE);
            out.writeInt(value);
        }
    }

    private static void array(DataOutputStream out, int n) throws IOException {
        if (n < 16) {
            out.write(0x90 | n);
        } else if (n < 65_536) {
            out.write(0xDC);
            out.writeShort(n);
        } else {
            out.write(0xDD);
            out.writeInt(n);
        }
    }
}
