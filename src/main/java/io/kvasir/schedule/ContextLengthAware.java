package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints that a label says are for prompts of such a length: {@code <least>-<most>} tokens. In the range {@code
 * 0.3 + 0.7 · (0.7 / (1 + width / 10000) + 0.3 · (most − length) / width)}, outside {@code 0.3 / (1 + distance / 1000)}; one
 * half without the label, 0 with a bad one. As a filter keeps those in the range and those without the label.
 */
final class ContextLengthAware implements Filter, Scorer {
    private static final Parameter<String> LABEL = Parameter.text("label", "llm-d.ai/context-length-range");
    private static final Parameter<Boolean> FILTERING = Parameter.flag("enableFiltering", false);

    static final PluginType TYPE = new PluginType(
            "context-length-aware",
            List.of(),
            Set.of(PluginKind.FILTER, PluginKind.SCORER),
            List.of(LABEL, FILTERING, Parameter.any("reusableTokensProducerName")),
            (parameters, _) -> new ContextLengthAware(parameters.get(LABEL), parameters.get(FILTERING)));

    /** Longest number that is read: any is far below 2^53. */
    private static final int DIGITS = 12;

    private final String label;
    private final boolean filtering;

    private ContextLengthAware(String label, boolean filtering) {
        this.label = label;
        this.filtering = filtering;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        if (filtering) {
            long tokens = context.request().promptTokens();
            context.retain(endpoint -> {
                String range = endpoint.spec().labels().get(label);
                return range == null || (tokens >= least(range) && tokens <= most(range));
            });
        }
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        long tokens = context.request().promptTokens();
        for (int i = 0; i < context.size(); i++) {
            scores[i] = score(context.candidate(i).spec().labels().get(label), tokens);
        }
    }

    private static double score(@Nullable String range, long tokens) {
        if (range == null) {
            return 0.5;
        }
        long least = least(range);
        long most = most(range);
        if (least < 0 || most < least) {
            return 0;
        }
        if (tokens < least || tokens > most) {
            double distance = tokens < least ? least - tokens : tokens - most;
            return 0.3 / (1 + distance / 1000);
        }
        double width = most - least;
        return width == 0 ? 1 : 0.3 + 0.7 * (0.7 / (1 + width / 10_000) + 0.3 * (most - tokens) / width);
    }

    /** The lower end; -1 for a bad range, whose upper end is -1 too, so that nothing is in it. */
    private static long least(String range) {
        long least = number(range, 0, range.indexOf('-'));
        return least < 0 || number(range, range.indexOf('-') + 1, range.length()) < least ? -1 : least;
    }

    private static long most(String range) {
        return least(range) < 0 ? -1 : number(range, range.indexOf('-') + 1, range.length());
    }

    /** A whole number; -1 where there is none. */
    private static long number(String text, int from, int to) {
        if (from >= to || to - from > DIGITS) {
            return -1;
        }
        long number = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + c - '0';
        }
        return number;
    }
}
