package io.kvasir.traffic;

import java.util.List;
import java.util.random.RandomGenerator;

/** A rule ready to be applied. Immutable. */
public final class RewriteRule {
    private final String label;
    private final String[] models;
    /** Sums of weights up to each model, strictly ascending. */
    private final long[] upTo;

    /** @param targets one or more, either all with a weight or all without, then equally likely */
    RewriteRule(String label, List<ModelRewrite.Target> targets) {
        this.label = label;
        models = new String[targets.size()];
        upTo = new long[targets.size()];
        long sum = 0;
        for (int i = 0; i < models.length; i++) {
            models[i] = targets.get(i).model();
            sum += Math.max(1, targets.get(i).weight());
            upTo[i] = sum;
        }
    }

    /** The object's name and the rule's place in it, such as {@code canary[0]}. */
    public String label() {
        return label;
    }

    /** Whether the name stands for that model, at least for a share of the requests. */
    boolean hasTarget(String model) {
        for (String target : models) {
            if (target.equals(model)) {
                return true;
            }
        }
        return false;
    }

    /** A model to route one request to. */
    String draw(RandomGenerator random) {
        if (models.length == 1) {
            return models[0];
        }
        long at = random.nextLong(upTo[upTo.length - 1]);
        int i = 0;
        while (at >= upTo[i]) {
            i++;
        }
        return models[i];
    }
}
