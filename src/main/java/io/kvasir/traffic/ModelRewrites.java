package io.kvasir.traffic;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rewrite rules in force. A rule that names the model counts before one for every request; of several those of the
 * oldest object, by name where the ages are equal, and of those the first. Immutable.
 *
 * <p>Where only some targets of a rule have a weight, the others get nothing. That, and a rule without a target, is
 * warned of.
 */
public final class ModelRewrites {
    /** No rules. */
    public static final ModelRewrites NONE = new ModelRewrites(Map.of(), null, List.of());

    private final Map<String, RewriteRule> exact;
    private final @Nullable RewriteRule generic;
    private final List<String> warnings;

    private ModelRewrites(Map<String, RewriteRule> exact, @Nullable RewriteRule generic, List<String> warnings) {
        this.exact = exact;
        this.generic = generic;
        this.warnings = warnings;
    }

    /** The rules of these objects, in whatever order they come. */
    public static ModelRewrites of(Collection<ModelRewrite> objects) {
        var exact = new HashMap<String, RewriteRule>();
        RewriteRule generic = null;
        var warnings = new ArrayList<String>();
        for (var object : objects.stream().sorted(OLDEST_FIRST).toList()) {
            for (int i = 0; i < object.rules().size(); i++) {
                var models = object.rules().get(i).models();
                var rule = ready(object.name() + "[" + i + "]", object.rules().get(i), warnings);
                if (rule == null) {
                    continue;
                }
                models.forEach(model -> exact.putIfAbsent(model, rule));
                if (models.isEmpty() && generic == null) {
                    generic = rule;
                }
            }
        }
        return new ModelRewrites(exact, generic, List.copyOf(warnings));
    }

    private static final Comparator<ModelRewrite> OLDEST_FIRST =
            Comparator.comparing(ModelRewrite::created).thenComparing(ModelRewrite::name);

    private static @Nullable RewriteRule ready(String label, ModelRewrite.Rule rule, List<String> warnings) {
        var named = rule.targets().stream()
                .filter(target -> !target.model().isBlank())
                .toList();
        var weighted = named.stream().filter(target -> target.weight() > 0).toList();
        if (named.isEmpty()) {
            warnings.add("model rewrite " + label + " has no target and is ignored");
            return null;
        }
        if (!weighted.isEmpty() && weighted.size() < named.size()) {
            warnings.add("model rewrite " + label + " has targets without a weight beside weighted ones;"
                    + " they get no requests");
        }
        return new RewriteRule(label, weighted.isEmpty() ? named : weighted);
    }

    /** The rule for a model's name; null where none is for it. Without a name only a rule for every request can be. */
    public @Nullable RewriteRule ruleFor(@Nullable String model) {
        var rule = model == null ? null : exact.get(model);
        return rule != null ? rule : generic;
    }

    /** Whether a rule lists that name. */
    public boolean names(String model) {
        return exact.containsKey(model);
    }

    /** Whether rules make two names one model: one stands for the other, or one rule is for both. */
    public boolean same(String one, String other) {
        var first = ruleFor(one);
        var second = ruleFor(other);
        return (first != null && (first == second || first.hasTarget(other)))
                || (second != null && second.hasTarget(one));
    }

    /** One line for each rule that cannot mean what it says. */
    public List<String> warnings() {
        return warnings;
    }
}
