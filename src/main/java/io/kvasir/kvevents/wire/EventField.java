package io.kvasir.kvevents.wire;

import java.nio.charset.StandardCharsets;

/** Fields of events that mean something here. */
enum EventField {
    TYPE("type"),
    BLOCK_HASHES("block_hashes"),
    PARENT("parent_block_hash"),
    TOKEN_IDS("token_ids"),
    BLOCK_SIZE("block_size"),
    LORA_ID("lora_id"),
    MEDIUM("medium"),
    LORA_NAME("lora_name"),
    EXTRA_KEYS("extra_keys"),
    CACHE_SALT("cache_salt"),
    GROUP("group_idx"),
    KIND("kv_cache_spec_kind"),
    WINDOW("kv_cache_spec_sliding_window"),
    NAMESPACED_HASHES("namespaced_block_hashes"),
    NAMESPACED_PARENT("namespaced_parent_block_hash"),
    LOCALITY("locality"),
    OWNERSHIP("ownership"),
    SESSION("session_id"),
    UNKNOWN("");

    private static final EventField[] ALL = values();

    private final String text;

    @SuppressWarnings("ImmutableEnumChecker") // nobody writes to it
    private final byte[] name;

    EventField(String name) {
        text = name;
        this.name = name.getBytes(StandardCharsets.US_ASCII);
    }

    String text() {
        return text;
    }

    static EventField named(String name) {
        for (EventField field : ALL) {
            if (field.text.equals(name)) {
                return field;
            }
        }
        return UNKNOWN;
    }

    static EventField named(MessagePackReader in, int start, int length) {
        for (EventField field : ALL) {
            if (field.name.length == length && field.isAt(in, start)) {
                return field;
            }
        }
        return UNKNOWN;
    }

    private boolean isAt(MessagePackReader in, int start) {
        for (int i = 0; i < name.length; i++) {
            if (in.at(start + i) != name[i]) {
                return false;
            }
        }
        return true;
    }
}
