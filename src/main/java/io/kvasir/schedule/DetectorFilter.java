package io.kvasir.schedule;

import io.kvasir.pool.EndpointLoad;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.time.Duration;
import java.util.Set;
import java.util.function.BiPredicate;

/** The field's saturation detectors, as the filters that they are too: drop endpoints that are over a threshold. */
final class DetectorFilter implements Filter {
    private static final Parameter<Double> HEADROOM = Parameter.number("headroom", 0, 0, 1000);
    private static final Parameter<Double> QUEUE = Parameter.number("queueDepthThreshold", 5, 1e-9, 1e9);
    private static final Parameter<Double> KV = Parameter.number("kvCacheUtilThreshold", 0.8, 1e-9, 1);
    private static final Parameter<Long> STALENESS =
            Durations.parameter("metricsStalenessThreshold", Duration.ofMillis(200));
    private static final Parameter<Double> CONCURRENCY = Parameter.number("maxConcurrency", 100, 1, 1e9);
    private static final Parameter<Double> TOKENS = Parameter.number("maxTokenConcurrency", 1_000_000, 1, 1e15);
    private static final Parameter<String> MODE =
            Parameter.word("concurrencyMode", "requests", "requests", "tokens", "hybrid");

    private static final Parameter<Boolean> FAIL_OPEN = Parameter.flag("failOpen", false);

    /** By metrics pages; all stay where all would go. A page is old at the threshold, or where it no longer counts here. */
    static final PluginType UTILISATION = PluginType.of(
            PluginKind.FILTER,
            "utilization-detector",
            (given, _) -> {
                double queue = given.get(QUEUE) * (1 + given.get(HEADROOM));
                double kv = given.get(KV) * (1 + given.get(HEADROOM));
                long stale = given.get(STALENESS);
                return new DetectorFilter("utilization-detector", true, (context, place) -> {
                    var stats = context.page(place);
                    return stats.ageNanos(context.nowNanos()) <= stale
                            && stats.waiting() < queue
                            && !(stats.kvUsage() >= kv);
                });
            },
            QUEUE,
            KV,
            STALENESS,
            HEADROOM);

    /** By our own books; nobody may be left, unless it fails open. */
    static final PluginType CONCURRENCY_DETECTOR = PluginType.of(
            PluginKind.FILTER,
            "concurrency-detector",
            (given, _) -> {
                double requests = given.get(CONCURRENCY) * (1 + given.get(HEADROOM));
                double tokens = given.get(TOKENS) * (1 + given.get(HEADROOM));
                String mode = given.get(MODE);
                return new DetectorFilter("concurrency-detector", given.get(FAIL_OPEN), (context, place) -> {
                    EndpointLoad load = context.candidate(place).load();
                    boolean fewRequests = load.requests() < requests;
                    boolean fewTokens = load.promptTokens() < tokens;
                    return switch (mode) {
                        case "requests" -> fewRequests;
                        case "tokens" -> fewTokens;
                        default -> fewRequests && fewTokens;
                    };
                });
            },
            CONCURRENCY,
            MODE,
            TOKENS,
            HEADROOM,
            FAIL_OPEN,
            Producers.IN_FLIGHT);

    private final String name;
    private final boolean fallback;
    private final BiPredicate<SchedulingContext, Integer> passes;

    private DetectorFilter(String name, boolean fallback, BiPredicate<SchedulingContext, Integer> passes) {
        this.name = name;
        this.fallback = fallback;
        this.passes = passes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Set<Need> needs() {
        return fallback ? Set.of(Need.STATS) : Set.of();
    }

    @Override
    public void filter(SchedulingContext context) {
        Filters.keep(context, place -> passes.test(context, place), fallback);
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.saturated(0);
    }
}
