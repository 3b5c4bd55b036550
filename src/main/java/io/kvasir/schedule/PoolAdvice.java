package io.kvasir.schedule;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is unwise about a pool, with what to do instead.
 *
 * @param endpoint the name of the endpoint that it is about; null for the pool
 * @param text one line
 */
public record PoolAdvice(@Nullable String endpoint, String text) {
    /** Share of a slice's memory from which a model's weights leave too little for KV cache. */
    private static final double LARGE = 0.5;

    /** Looks at all endpoints. */
    public static List<PoolAdvice> of(List<Endpoint> endpoints, ModelCatalogue models) {
        var advice = new ArrayList<PoolAdvice>();
        for (var endpoint : endpoints) {
            String shared = shared(endpoint, models);
            if (shared != null) {
                advice.add(new PoolAdvice(endpoint.spec().name(), shared));
            }
        }
        String pairs = pairs(endpoints);
        if (pairs != null) {
            advice.add(new PoolAdvice(null, pairs));
        }
        return List.copyOf(advice);
    }

    /** What is unwise about one endpoint's share of a device; null for nothing. */
    public static @Nullable String shared(Endpoint endpoint, ModelCatalogue models) {
        var spec = endpoint.spec();
        String model = endpoint.baseModel();
        double weights = model == null ? 0 : models.shapeOf(model).weightBytes();
        double memory = endpoint.hardware().memoryBytes() * spec.count();
        if (spec.sharing() > 1) {
            String room = weights * spec.sharing() > memory
                    ? String.format(
                            Locale.ROOT,
                            " and %d times its weights (%.0f GB each) do not fit into its %.0f GB",
                            spec.sharing(),
                            weights / 1e9,
                            memory / 1e9)
                    : "";
            return "each GPU is shared by " + spec.sharing() + " replicas (time-slicing or MPS): each slows the others"
                    + room + "; one replica a GPU batches better, MIG slices keep apart what must be apart";
        }
        if (spec.partition() != null && weights > LARGE * memory) {
            return String.format(
                    Locale.ROOT,
                    "the weights of %s (%.0f GB) take %.0f %% of the slice's memory, so that few requests fit beside"
                            + " them; use a larger slice, a whole GPU or a smaller model",
                    model,
                    weights / 1e9,
                    100 * weights / memory);
        }
        return null;
    }

    private static @Nullable String pairs(List<Endpoint> endpoints) {
        var prefill = endpoints.stream()
                .filter(endpoint -> endpoint.spec().role() == Role.PREFILL)
                .toList();
        var decode = endpoints.stream()
                .filter(endpoint -> endpoint.spec().role().decodes())
                .toList();
        var pairable = new PairableFilter(false);
        if (prefill.isEmpty()
                || decode.isEmpty()
                || prefill.stream().anyMatch(one -> decode.stream().anyMatch(other -> pairable.pairable(one, other)))) {
            return null;
        }
        return "no prefill endpoint (" + described(prefill) + ") can be paired with a decode endpoint ("
                + described(decode)
                + "): KV cache goes between GPUs of one vendor, one engine and one model only, so that prefill endpoints"
                + " idle; give both roles to each vendor, or set --pd-cross-vendor where the connector can";
    }

    private static String described(List<Endpoint> endpoints) {
        var kinds = new TreeSet<String>();
        for (var endpoint : endpoints) {
            String vendor = endpoint.spec().vendor() != null
                    ? endpoint.spec().vendor()
                    : endpoint.hardware().vendor();
            kinds.add(vendor.toLowerCase(Locale.ROOT) + " "
                    + endpoint.spec().engine().label());
        }
        return String.join(", ", kinds);
    }
}
