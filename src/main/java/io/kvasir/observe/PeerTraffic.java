package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.Refusal;
import io.kvasir.request.Request;
import io.kvasir.route.Outcome;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.RouterListener;
import io.kvasir.schedule.EncodeReason;
import io.kvasir.schedule.PairReason;
import io.kvasir.traffic.AppliedRules;
import io.kvasir.traffic.RewriteReason;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Requests by the names under which llm-d-router, the Gateway API Inference Extension and KServe's dashboards read them: the
 * newer ones ({@code llm_d_epp_*}) and the older twins ({@code inference_objective_*}, {@code inference_model_*}). Names of
 * models and flows are told apart up to {@value #MOST}, the rest is {@code other}. Listens; counts nothing itself that the
 * router counts.
 */
final class PeerTraffic implements RouterListener, Metered {
    /** Values of one label. */
    static final int MOST = 1000;

    private static final int MOST_SERIES = 4000;
    private static final int MOST_RUNNING = 1 << 17;
    private static final String OTHER = "other";

    /** As the field has them, in seconds. */
    private static final double[] LONG = {
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120, 180,
        240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600
    };

    private static final double[] PER_TOKEN = {
        0.0005, 0.00205, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2
    };

    /** What series of requests are told apart by. */
    private record Labels(String model, String target, String flow, int priority) {
        String[] names(String... more) {
            String[] all = new String[8 + more.length];
            System.arraycopy(
                    new String[] {
                        "model_name", model, "target_model_name", target, "fairness_id", flow, "priority", "" + priority
                    },
                    0,
                    all,
                    0,
                    8);
            System.arraycopy(more, 0, all, 8, more.length);
            return all;
        }
    }

    /** A rule of a rewrite that was applied, the model that was asked for and the one that was taken. */
    private record Rewritten(String rule, String model, String target) {}

    /** A request that has an endpoint. */
    private record Running(Series series, boolean streams, double ttftSlo, double tpotSlo) {}

    /** What is counted of requests with the same labels. */
    private static final class Series {
        final LongAdder requests = new LongAdder();
        final LongAdder running = new LongAdder();
        final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
        final ValueBuckets seconds = new ValueBuckets(LONG);
        final ValueBuckets firstToken = new ValueBuckets(LONG);
        final ValueBuckets firstTokenWhole = new ValueBuckets(LONG);
        final ValueBuckets perToken = new ValueBuckets(PER_TOKEN);
        final ValueBuckets predictedFirstToken = new ValueBuckets(LONG);
        final ValueBuckets predictedPerToken = new ValueBuckets(PER_TOKEN);
        final LongAdder lateFirstTokens = new LongAdder();
        final LongAdder slowTokens = new LongAdder();
        final ValueBuckets normalised = new ValueBuckets(PER_TOKEN);
        final ValueBuckets answerBytes = new ValueBuckets(ValueBuckets.doubling(8, 65_536));
        final ValueBuckets bytes = new ValueBuckets(ValueBuckets.doubling(64, 1 << 30));
        final ValueBuckets input = new ValueBuckets(ValueBuckets.doubling(8, 1 << 20));
        final ValueBuckets cached = new ValueBuckets(ValueBuckets.doubling(8, 1 << 20));
        final ValueBuckets output = new ValueBuckets(ValueBuckets.doubling(8, 8192));

        void error(String code) {
            errors.computeIfAbsent(code, _ -> new LongAdder()).increment();
        }
    }

    private final Map<Labels, Series> series = new ConcurrentHashMap<>();
    private final Map<String, String> models = new ConcurrentHashMap<>();
    private final Map<String, String> flows = new ConcurrentHashMap<>();
    private final Map<Long, Running> running = new ConcurrentHashMap<>();
    private final LongAdder alone = new LongAdder();
    private final LongAdder paired = new LongAdder();
    private final LongAdder encodedAlone = new LongAdder();
    private final LongAdder encodedPaired = new LongAdder();
    private final Map<Rewritten, LongAdder> rewritten = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> attempts = new ConcurrentHashMap<>();
    private final LongAdder failedAttempts = new LongAdder();
    private final ValueBuckets hitRatio = new ValueBuckets(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1);
    private final PeerPrefixes prefixes = new PeerPrefixes();
    private final ValueBuckets hitBytes = new ValueBuckets(ValueBuckets.doubling(16, 65_536));

    /** What it listens to. */
    static Set<RouterEvent.Kind> kinds() {
        return EnumSet.of(RouterEvent.Kind.DECIDED, RouterEvent.Kind.REFUSED, RouterEvent.Kind.ENDED);
    }

    @Override
    public void on(RouterEvent event) {
        switch (event) {
            case RouterEvent.Decided decided -> decided(decided);
            case RouterEvent.Refused refused -> {
                var one = series(refused.asked(), refused.asked(), refused.rules());
                rewritten(refused.asked(), refused.rules());
                one.requests.increment();
                one.error(code(refused.refusal()));
                failedAttempts.increment();
            }
            case RouterEvent.Ended ended -> ended(ended);
            default -> {}
        }
    }

    private void decided(RouterEvent.Decided event) {
        var one = series(event.asked(), event.routed(), event.rules());
        rewritten(event.asked(), event.rules());
        one.requests.increment();
        one.bytes.record(event.asked().bodyBytes());
        if (running.size() < MOST_RUNNING) {
            one.running.increment();
            var headers = event.asked().headers();
            running.put(event.id(), new Running(one, event.asked().stream(), headers.ttftSlo(), headers.tpotSlo()));
        }
        var decision = event.decision();
        if (decision.pairing() != PairReason.NONE) {
            boolean pair = decision.pairing() == PairReason.PAIRED;
            boolean encoded = decision.encoding() == EncodeReason.ENCODED;
            (encoded ? pair ? encodedPaired : encodedAlone : pair ? paired : alone).increment();
        }
        attempts.computeIfAbsent(decision.endpoint().hostPort(), _ -> new LongAdder())
                .increment();
        double prompt = Math.max(1, event.routed().promptTokens());
        hitRatio.record(Math.min(1, decision.cachedTokens() / prompt));
        hitBytes.record(decision.cachedTokens() * 4.0);
        prefixes.record(decision, event.routed().promptTokens());
    }

    private void ended(RouterEvent.Ended event) {
        var begun = running.remove(event.id());
        if (begun == null) {
            return;
        }
        var one = begun.series;
        one.running.decrement();
        if (event.outcome() != Outcome.COMPLETED) {
            one.error(code(event.outcome()));
            return;
        }
        one.predictedFirstToken.record(event.prediction().firstToken());
        one.predictedPerToken.record(event.prediction().perToken());
        double seconds = (event.nanos() - event.times().decided()) * 1e-9;
        one.seconds.record(seconds);
        int tokens = event.usage().outputTokens();
        one.answerBytes.record(event.answerBytes());
        one.input.record(event.usage().promptTokens());
        one.cached.record(event.usage().cachedTokens());
        one.output.record(tokens);
        if (tokens > 0) {
            one.normalised.record(seconds / tokens);
        }
        if (event.times().firstToken() != 0) {
            double first = (event.times().firstToken() - event.times().decided()) * 1e-9;
            (begun.streams ? one.firstToken : one.firstTokenWhole).record(first);
            if (first > begun.ttftSlo) {
                one.lateFirstTokens.increment();
            }
            if (begun.streams && tokens > 1) {
                double perToken = (seconds - first) / (tokens - 1);
                one.perToken.record(perToken);
                if (perToken > begun.tpotSlo) {
                    one.slowTokens.increment();
                }
            }
        }
    }

    private void rewritten(Request asked, AppliedRules rules) {
        String rule = rules.rule();
        String target = rules.model();
        if (rule == null || target == null || rules.rewrite() != RewriteReason.RULE) {
            return;
        }
        var one = new Rewritten(rule, model(asked), apart(models, target));
        bounded(rewritten, one, MOST, new Rewritten(OTHER, OTHER, OTHER), LongAdder::new)
                .increment();
    }

    private Series series(Request asked, Request routed, AppliedRules rules) {
        var labels = new Labels(
                model(asked),
                model(routed),
                apart(
                        flows,
                        asked.headers().fairnessId() == null
                                ? "default-flow"
                                : asked.headers().fairnessId()),
                rules.priority());
        return bounded(series, labels, MOST_SERIES, new Labels(OTHER, OTHER, OTHER, 0), Series::new);
    }

    /** What is kept under a key; under another one where it is new and there are as many as there may be. */
    private static <K, V> V bounded(Map<K, V> known, K key, int most, K other, Supplier<V> make) {
        var value = known.get(key);
        return value != null ? value : known.computeIfAbsent(known.size() < most ? key : other, _ -> make.get());
    }

    private String model(Request of) {
        return apart(models, of.model() == null ? "" : of.model());
    }

    private static String apart(Map<String, String> known, String name) {
        String seen = known.get(name);
        if (seen == null) {
            seen = known.size() < MOST ? name : OTHER;
            known.putIfAbsent(seen, seen);
        }
        return seen;
    }

    private static String code(Refusal refusal) {
        return switch (refusal.status()) {
            case 400 -> "BadRequest";
            case 404 -> "NotFound";
            case 429 -> "ResourceExhausted";
            case 503 -> "ServiceUnavailable";
            default -> "Internal";
        };
    }

    private static String code(Outcome outcome) {
        return switch (outcome) {
            case CLIENT_GONE, SHUTDOWN -> "Canceled";
            case EVICTED -> "ResourceExhausted";
            case COMPLETED,
                    CONNECT_FAILED,
                    UPSTREAM_RESET,
                    FIRST_BYTE_TIMEOUT,
                    ENDPOINT_LOST,
                    UPSTREAM_ERROR,
                    REFUSED_BY_ENGINE,
                    EXPIRED -> "ModelServerError";
        };
    }

    @Override
    public void describe(MetricSink sink) {
        series.forEach((labels, one) -> {
            String[] names = labels.names();
            for (String family :
                    new String[] {"llm_d_epp_request", "inference_objective_request", "inference_model_request"}) {
                sink.counter(family, "Requests.", one.requests.sum(), names);
                one.errors.forEach((code, count) -> sink.counter(
                        family + "_error", "Requests that failed.", count.sum(), labels.names("error_code", code)));
                sink.histogram(family + "_duration_seconds", "Time of completed requests.", one.seconds, names);
            }
            sink.histogram("llm_d_epp_request_size_bytes", "Bytes of requests.", one.bytes, names);
            sink.histogram("llm_d_epp_response_size_bytes", "Bytes of answers.", one.answerBytes, names);
            sink.histogram("llm_d_epp_request_input_tokens", "Prompt tokens.", one.input, names);
            sink.histogram("llm_d_epp_request_cached_tokens", "Prompt tokens that were cached.", one.cached, names);
            sink.histogram("llm_d_epp_request_output_tokens", "Output tokens.", one.output, names);
            sink.gauge("llm_d_epp_request_running", "Requests in flight.", one.running.sum(), names);
            sink.histogram("llm_d_epp_request_ntpot_seconds", "Time over output tokens.", one.normalised, names);
            sink.histogram(
                    "llm_d_epp_request_streaming_tpot_seconds", "Time of each further token.", one.perToken, names);
            sink.histogram(
                    "llm_d_epp_request_predicted_ttft_seconds",
                    "Time to first token, as predicted.",
                    one.predictedFirstToken,
                    names);
            sink.histogram(
                    "llm_d_epp_request_predicted_tpot_seconds",
                    "Time of each further token, as predicted.",
                    one.predictedPerToken,
                    names);
            String late = "Requests that were slower than their header wanted.";
            sink.counter(
                    "llm_d_epp_request_slo_violation", late, one.lateFirstTokens.sum(), labels.names("type", "ttft"));
            sink.counter("llm_d_epp_request_slo_violation", late, one.slowTokens.sum(), labels.names("type", "tpot"));
            sink.histogram(
                    "llm_d_epp_request_ttft_seconds",
                    "Time to first token.",
                    one.firstToken,
                    labels.names("streaming", "true"));
            sink.histogram(
                    "llm_d_epp_request_ttft_seconds",
                    "Time to first token.",
                    one.firstTokenWhole,
                    labels.names("streaming", "false"));
            for (String older : new String[] {"inference_objective", "inference_model"}) {
                sink.histogram(older + "_request_sizes", "Bytes of requests.", one.bytes, names);
                sink.histogram(older + "_response_sizes", "Bytes of answers.", one.answerBytes, names);
                sink.histogram(older + "_input_tokens", "Prompt tokens.", one.input, names);
                sink.histogram(older + "_prompt_cached_tokens", "Prompt tokens that were cached.", one.cached, names);
                sink.histogram(older + "_output_tokens", "Output tokens.", one.output, names);
                sink.gauge(older + "_running_requests", "Requests in flight.", one.running.sum(), names);
                sink.histogram(
                        older + "_normalized_time_per_output_token_seconds",
                        "Time over output tokens.",
                        one.normalised,
                        names);
                sink.histogram(older + "_request_ttft_seconds", "Time to first token.", one.firstToken, names);
                sink.histogram(older + "_request_tpot_seconds", "Time of each further token.", one.perToken, names);
            }
        });
        prefixes.describe(sink);
        rewritten.forEach((one, count) -> sink.counter(
                "llm_d_epp_model_rewrite_decisions",
                "Requests that a rewrite rule was applied to.",
                count.sum(),
                "model_rewrite_name",
                one.rule,
                "model_name",
                one.model,
                "target_model",
                one.target));
        for (String family : new String[] {
            "llm_d_epp_disagg_decision",
            "llm_d_epp_pd_decision",
            "llm_d_inference_scheduler_disagg_decision",
            "llm_d_inference_scheduler_pd_decision"
        }) {
            String help = "Decisions with or without others that encode and prefill.";
            sink.counter(family, help, alone.sum(), "decision_type", "decode-only");
            sink.counter(family, help, paired.sum(), "decision_type", "prefill-decode");
            sink.counter(family, help, encodedAlone.sum(), "decision_type", "encode-decode");
            sink.counter(family, help, encodedPaired.sum(), "decision_type", "encode-prefill-decode");
        }
        for (String prefix : new String[] {"llm_d_epp", "inference_extension"}) {
            attempts.forEach((endpoint, count) -> sink.counter(
                    prefix + "_scheduler_attempts",
                    "Decisions.",
                    count.sum(),
                    "status",
                    "success",
                    "endpoint_name",
                    endpoint));
            sink.counter(
                    prefix + "_scheduler_attempts",
                    "Decisions.",
                    failedAttempts.sum(),
                    "status",
                    "failure",
                    "endpoint_name",
                    "");
            sink.histogram(prefix + "_prefix_indexer_hit_ratio", "Share of prompts held where they went.", hitRatio);
            sink.histogram(prefix + "_prefix_indexer_hit_bytes", "Bytes of prompts held where they went.", hitBytes);
        }
    }
}
