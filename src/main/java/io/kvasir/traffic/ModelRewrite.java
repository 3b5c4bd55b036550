package io.kvasir.traffic;

import java.time.Instant;
import java.util.List;

/**
 * One object that gives models other names: what the field calls an {@code InferenceModelRewrite}.
 *
 * @param name unique among those of a pool
 * @param created when it was made: of rules for the same name those of the oldest object count
 * @param rules in their order
 */
public record ModelRewrite(String name, Instant created, List<Rule> rules) {

    public ModelRewrite {
        rules = List.copyOf(rules);
    }

    /**
     * Where requests for some names go.
     *
     * @param models names it is for, each to be met exactly; empty for every request
     * @param targets what the name stands for; one is drawn for each request
     */
    public record Rule(List<String> models, List<Target> targets) {
        public Rule {
            models = List.copyOf(models);
            targets = List.copyOf(targets);
        }
    }

    /**
     * A model to route to.
     *
     * @param model name that engines know
     * @param weight its share relative to the rule's other targets; 0 for none given
     */
    public record Target(String model, int weight) {}
}
