package io.kvasir.kvevents.wire;

import java.util.List;

/**
 * Whose events they are: engines that write events as arrays tell fields apart by their place, and not all agree. Events
 * that are maps are read alike.
 */
public enum EventDialect {
    /** {@code vllm/distributed/kv_events.py}; also engines that copy its layout. */
    VLLM(List.of(
            "type",
            "block_hashes",
            "parent_block_hash",
            "token_ids",
            "block_size",
            "lora_id",
            "medium",
            "lora_name",
            "extra_keys",
            "group_idx",
            "kv_cache_spec_kind",
            "kv_cache_spec_sliding_window")),
    /** {@code sglang/srt/disaggregation/kv_events.py}. */
    SGLANG(List.of(
            "type",
            "block_hashes",
            "parent_block_hash",
            "token_ids",
            "block_size",
            "lora_id",
            "medium",
            "cache_salt",
            "session_id",
            "lora_name",
            "namespaced_block_hashes",
            "namespaced_parent_block_hash"));

    private static final List<String> VLLM_REMOVED = List.of("type", "block_hashes", "medium", "group_idx");
    private static final List<String> SGLANG_REMOVED =
            List.of("type", "block_hashes", "medium", "namespaced_block_hashes");

    @SuppressWarnings("ImmutableEnumChecker") // it is an unmodifiable one
    private final List<EventField> stored;

    EventDialect(List<String> stored) {
        this.stored = stored.stream().map(EventField::named).toList();
    }

    /** What stands at that place of an array that tells of stored blocks. */
    EventField stored(int place) {
        return place < stored.size() ? stored.get(place) : EventField.UNKNOWN;
    }

    /** What stands at that place of an array that tells of removed blocks. */
    EventField removed(int place) {
        var names = this == VLLM ? VLLM_REMOVED : SGLANG_REMOVED;
        return place < names.size() ? EventField.named(names.get(place)) : EventField.UNKNOWN;
    }
}
