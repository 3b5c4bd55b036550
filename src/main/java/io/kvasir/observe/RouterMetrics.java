package io.kvasir.observe;

import io.kvasir.pool.Ejection;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.RefusalReason;
import io.kvasir.route.ModelNote;
import io.kvasir.route.Outcome;
import io.kvasir.route.RatioBuckets;
import io.kvasir.route.RequestTimes;
import io.kvasir.route.RetryReason;
import io.kvasir.route.Router;
import io.kvasir.route.ShadowOutcome;
import io.kvasir.route.StoredReason;
import io.kvasir.route.WaitReason;
import io.kvasir.schedule.PairReason;
import io.kvasir.traffic.ObjectiveReason;
import io.kvasir.traffic.RewriteReason;
import io.prometheus.client.Collector;
import java.util.List;
import java.util.function.Consumer;

/** The router's metrics: read from its counters when a page is asked for. Label values are bounded by the pool's size. */
public final class RouterMetrics extends Collector {
    private final Router router;
    private final List<Consumer<Families>> others;
    private final HardwareTraffic traffic;
    private final UnknownHardware unknown = new UnknownHardware();

    /** @param others add what doors and senses count */
    public RouterMetrics(Router router, List<Consumer<Families>> others) {
        this.router = router;
        this.others = List.copyOf(others);
        traffic = new HardwareTraffic(router::nanoTime);
        router.pool().listen(traffic);
        router.pool().listen(unknown);
    }

    @Override
    public List<MetricFamilySamples> collect() {
        var families = new Families();
        requests(families);
        traffic(families);
        shadow(families);
        for (Endpoint endpoint : router.pool().snapshot().endpoints()) {
            endpoint(families, endpoint);
        }
        traffic.collect(families);
        unknown.collect(families);
        others.forEach(other -> other.accept(families));
        return families.all();
    }

    private void requests(Families families) {
        var counts = router.counts();
        families.histogram("kvasir_decision_seconds", "Time from a complete body to the decision.", counts.decisions());
        for (Outcome outcome : Outcome.values()) {
            families.counter(
                    "kvasir_requests_ended",
                    "Requests that had an endpoint, by how they ended.",
                    counts.ended(outcome),
                    "outcome",
                    outcome.code());
        }
        for (RefusalReason reason : RefusalReason.values()) {
            if (reason.by() != RefusalReason.By.ROUTER) {
                continue;
            }
            families.counter(
                    "kvasir_requests_rejected",
                    "Requests that got no endpoint, by reason.",
                    counts.rejected(reason),
                    "reason",
                    reason.code());
        }
        for (PrefixSource source : PrefixSource.values()) {
            families.counter(
                    "kvasir_prefix_answers",
                    "Decisions, by the view of prefixes that told what the picked endpoint holds.",
                    counts.prefixes(source),
                    "view",
                    source.code());
        }
        for (PairReason reason : PairReason.values()) {
            families.counter(
                    "kvasir_prefill_pairs",
                    "Decisions with (paired) or without a prefill endpoint, by reason.",
                    counts.paired(reason),
                    "reason",
                    reason.code());
        }
        for (RetryReason reason : RetryReason.values()) {
            families.counter(
                    "kvasir_retries",
                    "Requests sent again, by reason.",
                    counts.retries(reason),
                    "reason",
                    reason.code());
        }
        families.counter(
                "kvasir_retries_refused",
                "Requests not sent again because the pool's budget of retries was spent.",
                router.retries().refused());
        for (ModelNote note : ModelNote.values()) {
            families.counter(
                    "kvasir_unlisted_models",
                    "Requests for models that no endpoint is told to serve, by what was done or answered.",
                    counts.models(note),
                    "note",
                    note.code());
        }
        for (WaitReason reason : WaitReason.values()) {
            families.gauge(
                    "kvasir_waiting_requests",
                    "Requests that wait before they are scheduled, by what for.",
                    counts.waits().waiting(reason),
                    "reason",
                    reason.code());
            families.counter(
                    "kvasir_waits",
                    "Waits before a request was scheduled that have begun, by what for.",
                    counts.waits().begun(reason),
                    "reason",
                    reason.code());
            families.counter(
                    "kvasir_waits_left",
                    "Waits that ended because their client or gateway left, by what for.",
                    counts.waits().cancelled(reason),
                    "reason",
                    reason.code());
        }
        for (StoredReason reason : StoredReason.values()) {
            families.counter(
                    "kvasir_stored_requests",
                    "Requests for something that an engine keeps, by where they went and why.",
                    counts.stored(reason),
                    "reason",
                    reason.code());
        }
        families.counter("kvasir_prompt_tokens", "Prompt tokens that engines reported.", counts.promptTokens());
        families.counter("kvasir_output_tokens", "Output tokens that engines reported.", counts.outputTokens());
        families.counter(
                "kvasir_estimated_prompt_tokens",
                "Prompt tokens, as estimated, of streams whose engines reported none.",
                counts.estimatedPromptTokens());
        families.counter(
                "kvasir_estimated_output_tokens",
                "Output tokens, counted by events, of streams whose engines reported none.",
                counts.estimatedOutputTokens());
        families.counter(
                "kvasir_cached_tokens", "Prompt tokens that engines found in their caches.", counts.cachedTokens());
        families.counter(
                "kvasir_predicted_cached_tokens",
                "Prompt tokens that were expected to be cached, where engines reported the truth.",
                counts.predictedCachedTokens());
        counts.times().forEach((key, times) -> {
            String[] labels = {"model", key.model(), "hardware", key.hardwareClass()};
            families.histogram("kvasir_ttft_seconds", "Time to first token.", times.firstToken(), labels);
            families.histogram("kvasir_itl_seconds", "Time between tokens.", times.betweenTokens(), labels);
            families.histogram("kvasir_request_seconds", "Time of completed requests.", times.whole(), labels);
            predicted(families, key, "first-token", times.predicted().firstToken());
            predicted(families, key, "per-token", times.predicted().perToken());
            predicted(families, key, "whole", times.predicted().whole());
        });
    }

    private static void predicted(Families families, RequestTimes.Key key, String of, RatioBuckets ratios) {
        families.histogram(
                "kvasir_predicted_time_ratio",
                "Times of requests over what was predicted when they were placed.",
                ratios,
                "model",
                key.model(),
                "hardware",
                key.hardwareClass(),
                "of",
                of);
    }

    private void shadow(Families families) {
        if (router.profiles().shadow() == null) {
            return;
        }
        var counts = router.counts().shadow();
        for (ShadowOutcome outcome : ShadowOutcome.values()) {
            families.counter(
                    "kvasir_shadow_decisions",
                    "Decisions by how the shadow policy would have made them.",
                    counts.compared(outcome),
                    "outcome",
                    outcome.code());
        }
        String help =
                "Predicted seconds to first token and a tenth of those of decoding, of the endpoints that were used"
                        + " and of those that the shadow policy would have used for the same requests.";
        families.counter("kvasir_shadow_predicted_seconds", help, counts.usedSeconds(), "pick", "used");
        families.counter("kvasir_shadow_predicted_seconds", help, counts.shadowSeconds(), "pick", "shadow");
    }

    private void traffic(Families families) {
        var counts = router.counts().traffic();
        for (RewriteReason reason : RewriteReason.values()) {
            families.counter(
                    "kvasir_model_rewrites",
                    "Requests by why they go to the model they go to.",
                    counts.rewritten(reason),
                    "reason",
                    reason.code());
        }
        counts.forEachRule((rule, count) -> families.counter(
                "kvasir_model_rewrite_rules", "Requests that a rewrite rule was applied to.", count, "rule", rule));
        for (ObjectiveReason reason : ObjectiveReason.values()) {
            families.counter(
                    "kvasir_objectives",
                    "Requests by where their priority comes from.",
                    counts.objective(reason),
                    "reason",
                    reason.code());
        }
    }

    private void endpoint(Families families, Endpoint endpoint) {
        String name = endpoint.spec().name();
        var load = endpoint.load();
        families.gauge("kvasir_endpoint_requests_in_flight", "Requests in flight.", load.requests(), "endpoint", name);
        families.gauge(
                "kvasir_endpoint_prompt_tokens_in_flight",
                "Prompt tokens in flight.",
                load.promptTokens(),
                "endpoint",
                name);
        families.gauge(
                "kvasir_endpoint_up",
                "1 where requests may be sent.",
                switch (endpoint.health().state()) {
                    case DOWN, EJECTED -> 0;
                    case UNKNOWN, UP, TRIAL -> 1;
                },
                "endpoint",
                name);
        for (Ejection why : Ejection.values()) {
            families.counter(
                    "kvasir_endpoint_ejections",
                    "Times an endpoint was taken out, by reason.",
                    endpoint.health().ejections(why),
                    "endpoint",
                    name,
                    "reason",
                    why.code());
        }
        families.gauge(
                "kvasir_endpoint_weight",
                "Capacity relative to a whole H100.",
                endpoint.weight(),
                "endpoint",
                name,
                "hardware",
                endpoint.hardware().name());
        if (endpoint.spec().sharing() > 1) {
            families.gauge(
                    "kvasir_endpoint_sharing",
                    "Replicas that share each of the endpoint's devices in time; absent where it has them alone.",
                    endpoint.spec().sharing(),
                    "endpoint",
                    name);
        }
        EngineStats stats = endpoint.stats();
        if (stats.known()) {
            families.gauge(
                    "kvasir_endpoint_metrics_age_seconds",
                    "Age of the last metrics page.",
                    stats.ageNanos(router.nanoTime()) * 1e-9,
                    "endpoint",
                    name);
        }
        for (PickReason reason : PickReason.values()) {
            long picks = endpoint.picks().get(reason);
            if (picks > 0) {
                families.counter(
                        "kvasir_picks",
                        "Picks by endpoint and reason.",
                        picks,
                        "endpoint",
                        name,
                        "reason",
                        reason.code(),
                        "hardware",
                        endpoint.hardware().name());
            }
        }
    }
}
