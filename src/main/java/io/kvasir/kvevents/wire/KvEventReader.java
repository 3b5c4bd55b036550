package io.kvasir.kvevents.wire;

import io.kvasir.kvevents.wire.MessagePackReader.Kind;
import io.kvasir.kvevents.wire.MessagePackReader.Malformed;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads one event after the other where a {@link KvEventDecoder} stands in a batch. */
final class KvEventReader {
    static final int NONE = -1;
    private static final int MAX_NAME = 1024;
    private static final long DIGEST_SEED = 0xCBF29CE484222325L;

    private final EventDialect dialect;
    private final MessagePackReader in;
    private final KvEvent event = new KvEvent();
    private boolean removal;
    private int unknownFields;
    private int extraKeysAt;
    private @Nullable String lastName;
    private byte[] lastNameBytes = {};

    KvEventReader(EventDialect dialect, MessagePackReader in) {
        this.dialect = dialect;
        this.in = in;
    }

    /** A batch begins. */
    void reset() {
        unknownFields = 0;
    }

    /** Fields that are not known here, of all events of the batch. */
    int unknownFields() {
        return unknownFields;
    }

    /** The event that was read; the same object for every one. */
    KvEvent event() {
        return event;
    }

    /** Whether what was read last tells of removed blocks, be it in a way that is not known. */
    boolean isRemoval() {
        return removal;
    }

    /** Reads an event; false where it is of a kind that is not known here, or makes no sense: then it is gone over. */
    boolean read() throws Malformed {
        int start = in.position();
        removal = false;
        boolean known = switch (in.kind()) {
            case ARRAY -> positional();
            case MAP -> tagged();
            default -> false;
        };
        if (!known) {
            in.position(start);
            in.skip();
        }
        return known;
    }

    /** Where the key's bytes begin; {@link #NONE} for a key that is no text. */
    int key() throws Malformed {
        var kind = in.kind();
        if (kind == Kind.TEXT || kind == Kind.BINARY) {
            return in.string();
        }
        in.skip();
        return NONE;
    }

    private KvEvent.@Nullable Kind tag() throws Malformed {
        var kind = in.kind();
        if (kind != Kind.TEXT && kind != Kind.BINARY) {
            in.skip();
            return null;
        }
        int start = in.string();
        if (in.is(start, "BlockStored")) {
            return KvEvent.Kind.STORED;
        }
        if (in.is(start, "BlockRemoved")) {
            return KvEvent.Kind.REMOVED;
        }
        return in.is(start, "AllBlocksCleared") ? KvEvent.Kind.CLEARED : null;
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
            int name = key();
            if (name != NONE && in.is(name, "type")) {
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
            case BLOCK_SIZE -> event.blockSize = bounded(KvEventDecoder.MAX_BLOCK_SIZE);
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
        event.layers =
                in.is(start, "full_attention") || in.is(start, "mla_attention") || in.is(start, "sink_full_attention")
                        ? KvEvent.Layers.ALL
                        : in.is(start, "sliding_window") || in.is(start, "sliding_window_mla")
                                ? KvEvent.Layers.WINDOW
                                : in.is(start, "mamba") ? KvEvent.Layers.STATE : KvEvent.Layers.UNKNOWN;
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
        if (n > KvEventDecoder.MAX_BLOCKS) {
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
        if (n > KvEventDecoder.MAX_TOKENS) {
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
