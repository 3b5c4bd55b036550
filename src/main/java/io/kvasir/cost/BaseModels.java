package io.kvasir.cost;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.ServedModel;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which shape an endpoint's models have. Most engines run one base model: whatever adapter or other name of it a request
 * asks for costs what that costs. Names that tell a size, or that the catalogue lists, count before those that tell
 * nothing.
 *
 * @param shape of the base model; null where nobody told which it is, and the requested name is all that is known
 * @param byName shapes of names that cost something else, on an engine that runs several base models; mostly empty
 * @param described whether the endpoint's description told, so that its list does not matter
 */
record BaseModels(@Nullable ModelShape shape, Map<String, ModelShape> byName, boolean described) {
    private static final BaseModels UNTOLD = new BaseModels(null, Map.of(), false);

    /** By the endpoint's description, else by its list. */
    static BaseModels of(Endpoint endpoint, ModelCatalogue catalogue) {
        String described = endpoint.spec().model();
        if (described != null && catalogue.sizes(described)) {
            return new BaseModels(catalogue.shapeOf(described), Map.of(), true);
        }
        var list = endpoint.models();
        Set<String> bases = new LinkedHashSet<>();
        for (var model : list) {
            bases.add(base(model));
        }
        bases.removeAll(endpoint.spec().adapters());
        var known = new LinkedHashSet<ModelShape>();
        for (String base : bases) {
            if (catalogue.sizes(base)) {
                known.add(catalogue.shapeOf(base));
            }
        }
        if (known.isEmpty()) {
            return described == null && bases.isEmpty()
                    ? UNTOLD
                    : new BaseModels(catalogue.shapeOf(""), Map.of(), false);
        }
        var first = known.getFirst();
        if (known.size() == 1 || endpoint.spec().engine().runsOneModel()) {
            return new BaseModels(first, Map.of(), false);
        }
        var others = new HashMap<String, ModelShape>();
        for (var model : list) {
            String base = base(model);
            if (catalogue.sizes(base) && !catalogue.shapeOf(base).equals(first)) {
                others.put(model.id(), catalogue.shapeOf(base));
            }
        }
        return new BaseModels(first, Map.copyOf(others), false);
    }

    private static String base(ServedModel model) {
        return model.parent() == null ? model.id() : model.parent();
    }
}
