package io.kvasir.traffic;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The rules in force at this moment. Discovery replaces one half or the other; a request sees both as they were at one
 * time. Readers take no lock.
 */
public final class TrafficRules {
    private record Current(ModelRewrites rewrites, Objectives objectives) {}

    private final Object change = new Object();
    private volatile Set<String> headers = Set.of();
    private volatile List<String> sessionHeaders = List.of();
    private Objectives found = Objectives.NONE;
    private Objectives configured = Objectives.NONE;
    private volatile Current rules = new Current(ModelRewrites.NONE, Objectives.NONE);

    /** From now on these rewrites count; {@link ModelRewrites#NONE} for none. */
    public void replace(ModelRewrites rewrites) {
        synchronized (change) {
            rules = new Current(rewrites, rules.objectives);
        }
    }

    /** From now on these objectives count; {@link Objectives#NONE} for none. */
    public void replace(Objectives objectives) {
        synchronized (change) {
            found = objectives;
            rules = new Current(rules.rewrites, objectives.or(configured));
        }
    }

    /** These objectives count beside what discovery finds, which goes before them. */
    public void configured(Objectives objectives) {
        synchronized (change) {
            configured = objectives;
            rules = new Current(rules.rewrites, found.or(objectives));
        }
    }

    /** Names of the headers, in lower case, that doors are to read for scheduling and for conversations. */
    public Set<String> headers() {
        return headers;
    }

    /** From now on doors read these headers for scheduling, named in lower case. */
    public void headers(Set<String> wanted) {
        synchronized (change) {
            var all = new HashSet<>(wanted);
            all.addAll(sessionHeaders);
            headers = Set.copyOf(all);
        }
    }

    /** Names of headers, in lower case, that name conversations and go before those of {@link RoutingHeader#SESSION}. */
    public List<String> sessionHeaders() {
        return sessionHeaders;
    }

    /** From now on these headers name conversations first, in that order; in lower case. */
    public void sessionHeaders(List<String> names) {
        synchronized (change) {
            sessionHeaders = List.copyOf(names);
            headers(headers);
        }
    }

    public ModelRewrites rewrites() {
        return rules.rewrites;
    }

    public Objectives objectives() {
        return rules.objectives;
    }

    /**
     * What is said of one request. A rule goes before the header, the header before the request's own model.
     *
     * @param model the model that body or path name; null for none
     * @param readable whether the body can be made to name another model; else rules are not applied
     * @param header the model that a rewrite header names; null for none
     * @param objective the name that the objective header gives; null for none
     * @param random draws among a rule's targets
     */
    public AppliedRules of(
            @Nullable String model,
            boolean readable,
            @Nullable String header,
            @Nullable String objective,
            RandomGenerator random) {
        var current = rules;
        var rule = readable || model != null ? current.rewrites.ruleFor(model) : null;
        if (rule == null && header == null && objective == null) {
            return AppliedRules.NONE;
        }
        var found = objective == null ? null : current.objectives.priority(objective);
        return new AppliedRules(
                rule != null && readable ? rule.draw(random) : header,
                reason(rule, readable, header),
                rule == null ? null : rule.label(),
                objective == null
                        ? ObjectiveReason.NONE
                        : found == null ? ObjectiveReason.UNKNOWN : ObjectiveReason.FOUND,
                found == null ? Objectives.DEFAULT_PRIORITY : found);
    }

    private static RewriteReason reason(@Nullable RewriteRule rule, boolean readable, @Nullable String header) {
        if (rule != null && readable) {
            return RewriteReason.RULE;
        }
        if (header != null) {
            return RewriteReason.HEADER;
        }
        return rule == null ? RewriteReason.NONE : RewriteReason.BODY_UNREADABLE;
    }
}
