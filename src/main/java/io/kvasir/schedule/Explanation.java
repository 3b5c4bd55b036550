package io.kvasir.schedule;

import io.kvasir.cost.Prediction;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.prefix.PrefixSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a decision came about: made only where somebody asked, since it allocates by candidate. */
public final class Explanation {

    /**
     * One candidate that was scored.
     *
     * @param endpoint its name
     * @param cachedTokens leading prompt tokens that it is believed to hold
     * @param prefixSource what that rests on; null where no view of prefixes was asked
     * @param confidence how sure it is, from 0 to 1
     * @param cost what the time model expects, whatever the policy
     * @param scores value by scorer, unweighted
     * @param total weighted sum
     */
    public record Candidate(
            String endpoint,
            int cachedTokens,
            @Nullable PrefixSource prefixSource,
            float confidence,
            Prediction cost,
            Map<String, Double> scores,
            double total) {}

    private final TimeModel time;
    private final Map<String, List<String>> dropped = new LinkedHashMap<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private final List<Map<String, Double>> values = new ArrayList<>();
    private @Nullable Explanation prefill;
    private long promptTokens;

    /** @param time takes candidates' costs apart */
    public Explanation(TimeModel time) {
        this.time = time;
    }

    /** Tokens of the prompt as the decision took them, which knows the model; 0 where it did not come to that. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Says how long the decision takes the prompt for, in tokens. */
    public void measured(long tokens) {
        promptTokens = tokens;
    }

    /** Endpoints that each filter dropped, by filter, in the order the filters ran. */
    public Map<String, List<String>> dropped() {
        return dropped;
    }

    /** The scored candidates. */
    public List<Candidate> candidates() {
        return candidates;
    }

    /** How the prefill endpoint came about, or why there is none; null where none was looked for. */
    public @Nullable Explanation prefill() {
        return prefill;
    }

    /** Starts to explain the prefill endpoint. */
    Explanation beginPrefill() {
        var begun = new Explanation(time);
        prefill = begun;
        return begun;
    }

    void filtered(String filter, List<String> before, SchedulingContext after) {
        var left = new HashSet<>(names(after));
        dropped.put(filter, before.stream().filter(name -> !left.contains(name)).toList());
    }

    static List<String> names(SchedulingContext context) {
        var names = new ArrayList<String>();
        for (int i = 0; i < context.size(); i++) {
            names.add(context.candidate(i).spec().name());
        }
        return names;
    }

    void scored(String scorer, SchedulingContext context, double[] scores) {
        for (int i = 0; i < context.size(); i++) {
            if (values.size() <= i) {
                values.add(new LinkedHashMap<>());
            }
            values.get(i).put(scorer, scores[i]);
        }
    }

    private Prediction cost(SchedulingContext context, Endpoint endpoint) {
        var decode = context.peer();
        return decode == null
                ? time.predict(
                        endpoint,
                        context.model(),
                        context.work(),
                        context.cachedTokens(endpoint),
                        context.nowNanos(),
                        context.freshNanos())
                : time.predictPrefill(
                        endpoint,
                        decode,
                        context.model(),
                        context.work(),
                        context.cachedTokens(endpoint),
                        context.cachedTokens(decode),
                        context.nowNanos(),
                        context.freshNanos());
    }

    void summed(SchedulingContext context, double[] totals) {
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            candidates.add(new Candidate(
                    endpoint.spec().name(),
                    context.cachedTokens(i),
                    context.prefixSource(endpoint),
                    context.confidence(endpoint),
                    cost(context, endpoint),
                    values.size() > i ? values.get(i) : Map.of(),
                    totals[i]));
        }
    }
}
