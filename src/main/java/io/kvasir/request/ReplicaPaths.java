package io.kvasir.request;

import java.util.Locale;
import java.util.Set;

/**
 * Paths of engines that change or lay open one replica: adapters, sleep, caches, weights, profiles. Where many replicas
 * stand behind one address they are no client's business, under whatever prefix a gateway puts them. Names as vLLM (0.32,
 * its development and RLHF routes included), SGLang and llm-d's simulator have them.
 */
final class ReplicaPaths {
    /** Last segments. */
    private static final Set<String> NAMES = Set.of(
            // vLLM
            "sleep",
            "wake_up",
            "is_sleeping",
            "pause",
            "resume",
            "is_paused",
            "collective_rpc",
            "server_info",
            "scale_elastic_ep",
            "is_scaling_elastic_ep",
            "abort_request",
            "abort_requests",
            "get_world_size",
            "finish_weight_update",
            "start_weight_update",
            // SGLang
            "flush_cache",
            "clear_hicache_storage_backend",
            "attach_hicache_storage_backend",
            "detach_hicache_storage_backend",
            "start_expert_distribution_record",
            "stop_expert_distribution_record",
            "dump_expert_distribution_record",
            "get_weights_by_name",
            "release_memory_occupation",
            "resume_memory_occupation",
            "slow_down",
            "open_session",
            "close_session",
            "configure_logging",
            "pause_generation",
            "continue_generation",
            "freeze_gc",
            "set_trace_level",
            "set_internal_state",
            "get_internal_state",
            "get_server_info",
            "get_load",
            "get_loads",
            "shutdown",
            // llama.cpp
            "slots",
            "lora-adapters");

    /** Beginnings of last segments, for families that grow with each release. */
    private static final String[] FAMILIES = {
        "load_lora_adapter",
        "unload_lora_adapter",
        "update_weight",
        "init_weight",
        "init_weights",
        "destroy_weight",
        "send_weight",
        "reset_",
        "start_profile",
        "stop_profile"
    };

    /** Last segments but one, whatever is below them. */
    private static final Set<String> FOLDERS = Set.of("fault_tolerance", "hicache", "dumper", "elastic_ep");

    private ReplicaPaths() {}

    /**
     * Whether an engine would take that path for one of these.
     *
     * @param path canonical, without query, whatever prefix it has
     */
    static boolean contains(String path) {
        int end = path.length() - (path.endsWith("/") ? 1 : 0);
        int slash = path.lastIndexOf('/', end - 1);
        if (slash < 0) {
            return false;
        }
        int before = path.lastIndexOf('/', slash - 1);
        String folder = slash == 0 ? "" : path.substring(before + 1, slash).toLowerCase(Locale.ROOT);
        String name = path.substring(slash + 1, end).toLowerCase(Locale.ROOT);
        if (folder.equals("models") || (folder.equals("admin") && name.equals("config"))) {
            // the description of a model, whatever it is called, is none
            return folder.equals("admin");
        }
        if (NAMES.contains(name) || FOLDERS.contains(folder)) {
            return true;
        }
        for (String family : FAMILIES) {
            if (name.startsWith(family)) {
                return true;
            }
        }
        return false;
    }
}
