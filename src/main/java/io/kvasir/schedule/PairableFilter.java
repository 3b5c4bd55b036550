package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

/**
 * Keeps endpoints that can hand their KV cache to the {@linkplain SchedulingContext#peer peer}: the same engine, the same
 * base model and the same vendor of hardware. Attention backends, layouts and FP8 formats differ from vendor to vendor.
 */
final class PairableFilter implements Filter {
    /** Whether vendors of hardware may differ. */
    private static final Parameter<Boolean> ACROSS_VENDORS = Parameter.flag("acrossVendors", false);

    static final PluginType TYPE = PluginType.of(
            PluginKind.FILTER,
            "pairable-filter",
            (parameters, _) -> new PairableFilter(parameters.get(ACROSS_VENDORS)),
            ACROSS_VENDORS);

    private final boolean acrossVendors;

    /** @param acrossVendors whether vendors may differ */
    PairableFilter(boolean acrossVendors) {
        this.acrossVendors = acrossVendors;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        var peer = context.peer();
        if (peer != null) {
            context.retain(endpoint -> pairable(endpoint, peer));
        }
    }

    /** Whether KV cache can go from one to the other. */
    boolean pairable(Endpoint one, Endpoint other) {
        String model = one.spec().model();
        return one.spec().engine() == other.spec().engine()
                && (model == null
                        || other.spec().model() == null
                        || model.equals(other.spec().model()))
                && (acrossVendors || vendor(one).equalsIgnoreCase(vendor(other)));
    }

    private static String vendor(Endpoint endpoint) {
        String told = endpoint.spec().vendor();
        return !endpoint.hardware().known() && told != null
                ? told
                : endpoint.hardware().vendor();
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
