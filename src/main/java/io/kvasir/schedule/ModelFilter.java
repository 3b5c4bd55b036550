package io.kvasir.schedule;

import io.kvasir.pool.Serving;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

/**
 * Keeps endpoints that are told to serve the model or adapter, and with them those of which nothing is known unless the
 * pool has others, too. Where nobody is told to serve it, keeps those that may: whose list cannot be read, or who take
 * adapters on demand. Their own answer decides then.
 */
public final class ModelFilter implements Filter {
    static final PluginType TYPE = PluginType.of(PluginKind.FILTER, "model-filter", (_, _) -> new ModelFilter());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        String model = context.model();
        if (model.isEmpty()) {
            return;
        }
        long now = context.nowNanos();
        int listed = 0;
        int untold = 0;
        for (int i = 0; i < context.size(); i++) {
            switch (context.candidate(i).serving(model, now)) {
                case LISTED -> listed++;
                case UNTOLD -> untold++;
                case MAYBE, NO -> {}
            }
        }
        if (listed == 0) {
            context.notes().unlisted();
            context.retain(endpoint -> endpoint.serving(model, now) != Serving.NO);
        } else if (listed + untold < context.size()) {
            context.retain(endpoint -> endpoint.serving(model, now) == Serving.LISTED);
        }
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.modelUnknown(context.model());
    }
}
