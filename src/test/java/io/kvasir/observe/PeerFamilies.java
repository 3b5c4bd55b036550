package io.kvasir.observe;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the shipped dashboards, alerts and autoscalers of llm-d, the inference extension and KServe read, by hand. */
public final class PeerFamilies {
    /** KServe's and OpenShift AI's. */
    private static final Set<String> KSERVE = Set.of(
            "inference_pool_ready_pods",
            "inference_pool_average_queue_size",
            "inference_pool_per_pod_queue_size",
            "inference_model_request_error_total",
            "inference_objective_request_total",
            "inference_objective_request_error_total",
            "llm_d_inference_scheduler_disagg_decision_total");

    /** The inference extension's, in both generations. */
    private static final Set<String> EXTENSION = Set.of(
            "inference_pool_average_kv_cache_utilization",
            "inference_pool_average_running_requests",
            "inference_model_request_total",
            "inference_model_request_duration_seconds_bucket",
            "inference_model_request_sizes_bucket",
            "inference_model_input_tokens_bucket",
            "inference_model_output_tokens_bucket",
            "inference_model_running_requests",
            "inference_model_normalized_time_per_output_token_seconds_bucket",
            "inference_objective_request_duration_seconds_bucket",
            "inference_objective_request_sizes_bucket",
            "inference_objective_input_tokens_bucket",
            "inference_objective_output_tokens_bucket",
            "inference_objective_prompt_cached_tokens_bucket",
            "inference_objective_running_requests",
            "inference_objective_normalized_time_per_output_token_seconds_bucket",
            "inference_objective_request_ttft_seconds_bucket",
            "inference_objective_request_tpot_seconds_bucket",
            "inference_extension_scheduler_e2e_duration_seconds_bucket",
            "inference_extension_scheduler_attempts_total",
            "inference_extension_prefix_indexer_hit_ratio_bucket",
            "inference_extension_prefix_indexer_hit_bytes_bucket",
            "llm_d_inference_scheduler_pd_decision_total",
            "inference_model_response_sizes_bucket",
            "inference_objective_response_sizes_bucket");

    /** Llm-d-router's. */
    private static final Set<String> ROUTER = Set.of(
            "llm_d_epp_request_total",
            "llm_d_epp_request_error_total",
            "llm_d_epp_request_running",
            "llm_d_epp_request_duration_seconds_bucket",
            "llm_d_epp_request_size_bytes_bucket",
            "llm_d_epp_request_input_tokens_bucket",
            "llm_d_epp_request_cached_tokens_bucket",
            "llm_d_epp_request_output_tokens_bucket",
            "llm_d_epp_request_ntpot_seconds_bucket",
            "llm_d_epp_request_ttft_seconds_bucket",
            "llm_d_epp_request_streaming_tpot_seconds_bucket",
            "llm_d_epp_request_predicted_ttft_seconds_bucket",
            "llm_d_epp_request_predicted_tpot_seconds_bucket",
            "llm_d_epp_request_slo_violation_total",
            "llm_d_epp_average_kv_cache_utilization",
            "llm_d_epp_average_queue_size",
            "llm_d_epp_average_running_requests",
            "llm_d_epp_std_dev_kv_cache_utilization",
            "llm_d_epp_std_dev_queue_size",
            "llm_d_epp_std_dev_running_requests",
            "llm_d_epp_ready_endpoints",
            "llm_d_epp_per_endpoint_queue_size",
            "llm_d_epp_scheduler_e2e_duration_seconds_bucket",
            "llm_d_epp_scheduler_attempts_total",
            "llm_d_epp_prefix_indexer_hit_ratio_bucket",
            "llm_d_epp_prefix_indexer_hit_bytes_bucket",
            "llm_d_epp_disagg_decision_total",
            "llm_d_epp_pd_decision_total",
            "llm_d_epp_inflight_requests",
            "llm_d_epp_inflight_tokens",
            "llm_d_epp_flow_control_pool_saturation",
            "llm_d_epp_response_size_bytes_bucket");

    /** KServe's routing, prefix caching and P/D dashboards, older and newer. */
    private static final Set<String> KSERVE_BOARDS = Set.of(
            "llm_d_epp_request_total",
            "llm_d_epp_plugin_duration_seconds_bucket",
            "inference_extension_plugin_duration_seconds_bucket",
            "llm_d_epp_prefix_indexer_size",
            "inference_extension_prefix_indexer_size",
            "llm_d_epp_prefix_indexer_hit_ratio_bucket",
            "llm_d_epp_prefix_indexer_hit_bytes_bucket",
            "llm_d_epp_disagg_decision_total");

    /** Llm-d's dashboard of failures and saturation. */
    private static final Set<String> FAILURES = Set.of(
            "llm_d_epp_request_error_total",
            "llm_d_epp_request_duration_seconds_bucket",
            "llm_d_epp_scheduler_e2e_duration_seconds_bucket");

    /** Llm-d's dashboard and alerts of the index and of KV events. */
    private static final Set<String> INDEX = Set.of(
            "llm_d_epp_prefix_predicted_cached_tokens_sum",
            "llm_d_epp_prefix_prompt_tokens_sum",
            "llm_d_epp_prefix_prompt_tokens_count",
            "llm_d_epp_kv_cache_index_lookup_requests_total",
            "llm_d_epp_kv_cache_index_lookup_hits_total",
            "llm_d_epp_kv_cache_index_lookup_latency_seconds_bucket",
            "llm_d_epp_kv_cache_index_admissions_total",
            "llm_d_epp_kv_cache_index_evictions_total",
            "llm_d_epp_kv_cache_events_active_subscribers",
            "llm_d_epp_kv_cache_events_messages_received_total",
            "llm_d_epp_kv_cache_events_subscriber_reconnections_total",
            "llm_d_epp_kv_cache_events_zmq_errors_total",
            "llm_d_epp_kv_cache_events_pool_queue_depth",
            "llm_d_epp_kv_cache_events_pool_capacity",
            "llm_d_epp_kv_cache_events_dedup_removed_hashes_suppressed_total",
            "llm_d_epp_kv_cache_events_dedup_removed_hashes_forwarded_total",
            "llm_d_epp_kv_cache_events_stores_skipped_total",
            "llm_d_epp_kv_cache_events_removals_skipped_total",
            "llm_d_epp_plugin_duration_seconds_count",
            // as alerts still read them
            "kvcache_index_lookup_requests_total",
            "kvcache_index_lookup_hits_total",
            "kvcache_index_lookup_latency_seconds_bucket",
            "kvcache_index_evictions_total",
            "kvcache_kvevents_subscriber_reconnections_total",
            "llm_d_router_epp_kv_cache_index_lookup_hits_total",
            "llm_d_router_epp_kv_cache_index_lookup_requests_total",
            "llm_d_router_epp_kv_cache_index_lookup_latency_seconds_bucket",
            "llm_d_router_epp_kv_cache_index_evictions_total",
            "llm_d_router_epp_kv_cache_events_subscriber_reconnections_total",
            "llm_d_router_epp_kv_cache_events_pool_queue_depth",
            "llm_d_router_epp_kv_cache_events_pool_capacity");

    /** Dashboards of flow control and autoscalers, in both generations. */
    private static final Set<String> QUEUES = Set.of(
            "llm_d_epp_flow_control_queue_size",
            "llm_d_epp_flow_control_queue_bytes",
            "llm_d_epp_flow_control_pool_saturation",
            "llm_d_epp_flow_control_request_queue_duration_seconds_bucket",
            "llm_d_epp_flow_control_request_enqueue_duration_seconds_count",
            "llm_d_epp_flow_control_dispatch_cycle_duration_seconds_bucket",
            "inference_extension_flow_control_queue_size",
            "inference_extension_flow_control_queue_bytes",
            "inference_extension_flow_control_pool_saturation",
            "inference_extension_flow_control_request_queue_duration_seconds_bucket",
            "inference_extension_flow_control_request_enqueue_duration_seconds_count",
            "inference_extension_flow_control_dispatch_cycle_duration_seconds_bucket",
            "llm_d_epp_flow_control_requests_total",
            "llm_d_epp_flow_control_capacity_utilization_requests");

    /** Pipelines that watch the picker itself. */
    private static final Set<String> ITSELF = Set.of(
            "llm_d_epp_info",
            "inference_extension_info",
            "llm_d_epp_datalayer_poll_errors_total",
            "llm_d_epp_datalayer_extract_errors_total",
            "llm_d_epp_extproc_streams_inflight");

    /** All of them. */
    public static final Set<String> READ = Stream.of(
                    KSERVE, EXTENSION, ROUTER, KSERVE_BOARDS, FAILURES, INDEX, QUEUES, ITSELF)
            .flatMap(Set::stream)
            .collect(Collectors.toUnmodifiableSet());

    private PeerFamilies() {}
}
