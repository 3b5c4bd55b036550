package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Several views as one: each endpoint is answered by the first view that is sure of it, and where none is by the surest.
 * All are told of everything. A view that fails costs its own answer and nothing else, and is counted.
 */
public final class StackedViews implements PrefixView {
    private final PrefixView[] views;
    private final float sure;
    private final ContainedFailures failures = new ContainedFailures("a view of prefixes");
    private volatile Union union;

    /** What the views' schemes are together, and what they were when that was made. */
    private record Union(KeySchemes[] of, KeySchemes all) {}

    /**
     * @param views the best first
     * @param sure confidence from which a view's answer about an endpoint stands, above 0 and at most 1
     */
    public StackedViews(List<PrefixView> views, float sure) {
        if (views.isEmpty()) {
            throw new IllegalArgumentException("no views");
        }
        if (!(sure > 0 && sure <= 1)) {
            throw new IllegalArgumentException("sure " + sure + " is not in 0..1");
        }
        this.views = views.toArray(PrefixView[]::new);
        this.sure = sure;
        union = union(current());
    }

    /** The last view's first, so that what every endpoint can fall back to is never what there is no room for. */
    private static Union union(KeySchemes[] of) {
        var all = KeySchemes.NONE;
        for (int i = of.length - 1; i >= 0; i--) {
            all = all.and(of[i]);
        }
        return new Union(of, all);
    }

    private KeySchemes[] current() {
        var current = new KeySchemes[views.length];
        for (int i = 0; i < views.length; i++) {
            current[i] = views[i].schemes();
        }
        return current;
    }

    @Override
    public KeySchemes schemes() {
        var known = union;
        for (int i = 0; i < views.length; i++) {
            if (!views[i].schemes().equals(known.of[i])) {
                known = union(current());
                union = known;
                break;
            }
        }
        return known.all;
    }

    @Override
    public boolean wantsTokens() {
        for (PrefixView view : views) {
            if (view.wantsTokens()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        int first = 0;
        while (first < views.length - 1 && knowsNone(views[first])) {
            first++;
        }
        ask(views[first], namespace, keys, endpoints, answer);
        for (int i = first + 1; i < views.length && answer.anyBelow(sure); i++) {
            var next = answer.next();
            ask(views[i], namespace, keys, endpoints, next);
            answer.complete(next, sure);
        }
    }

    private boolean knowsNone(PrefixView view) {
        try {
            return !view.knowsAny();
        } catch (RuntimeException e) {
            failures.failed(e);
            return false;
        }
    }

    private void ask(PrefixView view, long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        try {
            view.match(namespace, keys, endpoints, answer);
        } catch (RuntimeException e) {
            failures.failed(e);
            answer.reset(endpoints);
        }
    }

    @Override
    public PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        var uses = new PrefixUse[views.length];
        for (int i = 0; i < views.length; i++) {
            uses[i] = placed(views[i], namespace, keys, tenancy, reservedTokens);
        }
        return new Placed(uses, failures);
    }

    private PrefixUse placed(PrefixView view, long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        try {
            return view.routed(namespace, keys, tenancy, reservedTokens);
        } catch (RuntimeException e) {
            failures.failed(e);
            return PrefixUse.NONE;
        }
    }

    private record Placed(PrefixUse[] uses, ContainedFailures failures) implements PrefixUse {
        @Override
        public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
            var told = new ArrayList<Prediction>(1);
            each(use -> {
                var outcome = use.observed(predictor, predictedTokens, cachedTokens);
                if (outcome != null) {
                    told.add(outcome);
                }
            });
            return told.isEmpty() ? null : told.getFirst();
        }

        @Override
        public void finished(int outputTokens) {
            each(use -> use.finished(outputTokens));
        }

        @Override
        public void withdrawn() {
            each(PrefixUse::withdrawn);
        }

        private void each(Consumer<PrefixUse> told) {
            for (PrefixUse use : uses) {
                failures.contain(() -> told.accept(use));
            }
        }
    }

    @Override
    public void capacity(long tenancy, long tokens) {
        each(view -> view.capacity(tenancy, tokens));
    }

    @Override
    public void restarted(long tenancy) {
        each(view -> view.restarted(tenancy));
    }

    @Override
    public void restartedSince(long tenancy, long sinceNanos) {
        each(view -> view.restartedSince(tenancy, sinceNanos));
    }

    @Override
    public void removed(long tenancy) {
        each(view -> view.removed(tenancy));
    }

    @Override
    public void sweep() {
        each(PrefixView::sweep);
    }

    private void each(Consumer<PrefixView> told) {
        for (PrefixView view : views) {
            failures.contain(() -> told.accept(view));
        }
    }

    /** That of the first view that keeps account. */
    @Override
    public CacheBelief belief(int ordinal) {
        for (PrefixView view : views) {
            var belief = view.belief(ordinal);
            if (belief.heldTokens() >= 0) {
                return belief;
            }
        }
        return CacheBelief.NONE;
    }

    @Override
    public List<ViewStats> stats() {
        var all = new ArrayList<ViewStats>();
        each(view -> all.addAll(view.stats()));
        return all;
    }

    @Override
    public long failures() {
        long all = failures.count();
        for (PrefixView view : views) {
            all += view.failures();
        }
        return all;
    }
}
