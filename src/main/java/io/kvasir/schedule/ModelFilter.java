package io.kvasir.schedule;

/** Keeps endpoints that serve the model or adapter, and those of which nothing is known. */
public final class ModelFilter implements Filter {

    @Override
    public String name() {
        return "model-filter";
    }

    @Override
    public void filter(SchedulingContext context) {
        String model = context.model();
        if (!model.isEmpty()) {
            context.retain(endpoint -> endpoint.serves(model));
        }
    }

    @Override
    public Rejection rejection(SchedulingContext context) {
        return Rejection.invalid(
                404,
                "model_not_found",
                "model",
                "The model `" + context.model() + "` does not exist.",
                RejectReason.MODEL_UNKNOWN);
    }
}
