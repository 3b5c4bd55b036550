package io.kvasir.schedule;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Filters, weighted scorers and a picker that together make a decision. Immutable. */
public final class Profile implements Metered {
    /** Endpoints named behind the first choice. */
    public static final int FALLBACKS = 2;

    /** Share of a prompt that an endpoint must hold for the pick to be called a prefix hit. */
    private static final double USEFUL_SHARE = 0.05;

    /** Far below any score: seconds of a million years. */
    private static final double WORTHLESS = 1e14;

    /**
     * A scorer and what it counts.
     *
     * @param name in explanations
     */
    public record Weighted(Scorer scorer, double weight, String name) {
        /** Under the name of its type. */
        public Weighted(Scorer scorer, double weight) {
            this(scorer, weight, scorer.name());
        }
    }

    private final String name;
    private final Filter[] filters;
    private final Weighted[] scorers;
    private final Picker picker;
    private final Set<Need> needs;
    private final Set<String> headers;
    private final Set<String> tokenHeaders;
    /** Those that are told of bookings; a plug-in that is two of them is told once. */
    private final Plugin[] told;

    private final PluginTimes times;

    public Profile(String name, List<Filter> filters, List<Weighted> scorers, Picker picker) {
        this.name = name;
        this.filters = filters.toArray(Filter[]::new);
        this.scorers = scorers.toArray(Weighted[]::new);
        this.picker = picker;
        times = new PluginTimes(name, filters, scorers, picker);
        var reads = EnumSet.noneOf(Need.class);
        filters.forEach(filter -> reads.addAll(filter.needs()));
        scorers.forEach(weighted -> reads.addAll(weighted.scorer.needs()));
        reads.addAll(picker.needs());
        needs = reads;
        var all = new LinkedHashSet<Plugin>(filters);
        scorers.forEach(weighted -> all.add(weighted.scorer));
        all.add(picker);
        told = all.toArray(Plugin[]::new);
        headers = all.stream().flatMap(plugin -> plugin.headers().stream()).collect(Collectors.toUnmodifiableSet());
        tokenHeaders =
                all.stream().flatMap(plugin -> plugin.tokenHeaders().stream()).collect(Collectors.toUnmodifiableSet());
    }

    public String name() {
        return name;
    }

    /** How many endpoints its picker names to a gateway that can read a list, the pick included; 1 or more. */
    public int named() {
        return picker.named();
    }

    /** Names of the request headers that its plug-ins read, in lower case. */
    public Set<String> headers() {
        return headers;
    }

    /** Names of headers, in lower case, in which answers have the {@link SessionToken} of their endpoint. */
    public Set<String> tokenHeaders() {
        return tokenHeaders;
    }

    /** Whether any of its plug-ins needs that. */
    public boolean needs(Need need) {
        return needs.contains(need);
    }

    /** Outcome of {@link #run}: exactly one of the two is set. */
    public record Result(
            @Nullable Decision decision, @Nullable Refusal refusal) {}

    /**
     * Decides over the candidates of {@code context}.
     *
     * @param explanation filled where somebody asked; null makes nothing per candidate
     */
    public Result run(SchedulingContext context, @Nullable Explanation explanation) {
        if (context.size() == 0) {
            return new Result(null, Refusals.poolEmpty());
        }
        boolean timed = context.timed();
        long began = timed ? context.clockNanos() : 0;
        for (int i = 0; i < filters.length; i++) {
            Filter filter = filters[i];
            apply(filter, context, explanation);
            if (timed) {
                long now = context.clockNanos();
                times.filtered(i, now - began);
                began = now;
            }
            if (context.size() == 0) {
                return new Result(null, filter.refusal(context));
            }
        }
        int size = context.size();
        double[] totals = context.totals();
        double[] scores = context.scores();
        Arrays.fill(totals, 0, size, 0);
        Arrays.fill(context.predicted(), 0, size, Double.NaN);
        for (int s = 0; s < scorers.length; s++) {
            Weighted weighted = scorers[s];
            began = timed ? context.clockNanos() : 0;
            weighted.scorer.score(context, scores);
            if (timed) {
                times.scored(s, context.clockNanos() - began);
            }
            double weight = weighted.weight;
            for (int i = 0; i < size; i++) {
                // what is no number is worth nothing, and never wins by comparing to nothing
                totals[i] += Double.isNaN(scores[i]) ? -WORTHLESS : weight * scores[i];
            }
            if (explanation != null) {
                explanation.scored(weighted.name, context, scores);
            }
        }
        if (explanation != null) {
            explanation.summed(context, totals);
        }
        int wanted = Math.min(size, 1 + FALLBACKS);
        int[] order = context.order();
        began = timed ? context.clockNanos() : 0;
        int equals = picker.pick(context, totals, order, wanted);
        if (timed) {
            times.picked(context.clockNanos() - began);
        }
        return new Result(decision(context, order, wanted, equals), null);
    }

    /** How long its plug-ins take. */
    @Override
    public void describe(MetricSink sink) {
        times.describe(sink);
    }

    private static boolean looksDead(SchedulingContext context, Endpoint endpoint) {
        return switch (endpoint.health().standing(context.nowNanos())) {
            case GOOD, PRESSED -> false;
            case EJECTED, SILENT, REFUSED -> true;
        };
    }

    static void apply(Filter filter, SchedulingContext context, @Nullable Explanation explanation) {
        var before = explanation == null ? List.<String>of() : Explanation.names(context);
        filter.filter(context);
        if (explanation != null) {
            explanation.filtered(filter.name(), before, context);
        }
    }

    /** Tells the plug-ins where the request of {@code context} was booked. */
    public void booked(SchedulingContext context, Endpoint endpoint) {
        for (Plugin plugin : told) {
            plugin.booked(context, endpoint);
        }
    }

    private Decision decision(SchedulingContext context, int[] order, int wanted, int equals) {
        int first = order[0];
        var fallbacks = new ArrayList<Endpoint>(FALLBACKS);
        for (int i = 1; i < wanted; i++) {
            fallbacks.add(context.candidate(order[i]));
        }
        while (fallbacks.size() < FALLBACKS && context.reserved() > 0) {
            fallbacks.add(context.takeReserve());
        }
        int cached = context.cachedTokens(first);
        int best = 0;
        for (int i = 0; i < context.size(); i++) {
            best = Math.max(best, context.cachedTokens(i));
        }
        return new Decision(
                context.candidate(first),
                fallbacks,
                null,
                0,
                PairReason.NONE,
                List.of(),
                EncodeReason.NONE,
                reason(context, first, cached, best, equals),
                context.size(),
                cached,
                best,
                context.prefixSource(context.candidate(first)),
                context.prefixDisturbed(context.candidate(first)),
                context.predicted()[first]);
    }

    private PickReason reason(SchedulingContext context, int first, int cached, int best, int equals) {
        if (context.notes().isHealthIgnored() && looksDead(context, context.candidate(first))) {
            return PickReason.HEALTH_IGNORED;
        }
        if (context.notes().isOverContext()) {
            return PickReason.OVER_CONTEXT;
        }
        if (context.size() == 1) {
            return PickReason.ONLY_CANDIDATE;
        }
        boolean anyFresh = false;
        for (int i = 0; i < context.size() && !anyFresh; i++) {
            anyFresh = context.fresh(i);
        }
        if (!anyFresh && needs(Need.STATS)) {
            return PickReason.STALE_METRICS;
        }
        if (needs(Need.PREFIX)) {
            double useful = USEFUL_SHARE * Math.max(1, context.request().promptTokens());
            if (best <= useful) {
                return PickReason.PREFIX_COLD;
            }
            return cached > useful && cached >= best / 2 ? PickReason.PREFIX_HIT : PickReason.PREFIX_PASSED_OVER;
        }
        return equals > 1 ? PickReason.TIE : PickReason.BEST_SCORE;
    }
}
