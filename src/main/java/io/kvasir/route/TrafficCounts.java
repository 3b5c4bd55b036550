package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.traffic.AppliedRules;
import io.kvasir.traffic.ObjectiveReason;
import io.kvasir.traffic.RewriteReason;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ObjLongConsumer;

/** How often operators' rules were applied. Rules beyond the first {@link #RULES} are counted as {@code other}. */
public final class TrafficCounts implements Metered {
    /** Rules told apart. */
    public static final int RULES = 64;

    private static final String OTHER = "other";

    private final AtomicLongArray rewrites = new AtomicLongArray(RewriteReason.values().length);
    private final AtomicLongArray objectives = new AtomicLongArray(ObjectiveReason.values().length);
    private final Map<String, LongAdder> rules = new ConcurrentHashMap<>();

    /** Requests whose model was decided for that reason. */
    public long rewritten(RewriteReason reason) {
        return rewrites.get(reason.ordinal());
    }

    /** Requests whose priority comes from there. */
    public long objective(ObjectiveReason reason) {
        return objectives.get(reason.ordinal());
    }

    /** Visits the rules that were applied, by label, with how often. */
    public void forEachRule(ObjLongConsumer<String> visitor) {
        rules.forEach((label, count) -> visitor.accept(label, count.sum()));
    }

    void count(AppliedRules applied) {
        rewrites.getAndIncrement(applied.rewrite().ordinal());
        objectives.getAndIncrement(applied.objective().ordinal());
        String rule = applied.rule();
        if (rule != null && applied.rewrite() == RewriteReason.RULE) {
            var count = rules.get(rule);
            if (count == null) {
                count = rules.computeIfAbsent(rules.size() < RULES ? rule : OTHER, _ -> new LongAdder());
            }
            count.increment();
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_model_rewrites",
                "Requests by why they go to the model they go to.",
                "reason",
                RewriteReason.values(),
                RewriteReason::code,
                this::rewritten);
        forEachRule((rule, count) -> sink.counter(
                "kvasir_model_rewrite_rules", "Requests that a rewrite rule was applied to.", count, "rule", rule));
        sink.counters(
                "kvasir_objectives",
                "Requests by where their priority comes from.",
                "reason",
                ObjectiveReason.values(),
                ObjectiveReason::code,
                this::objective);
    }
}
