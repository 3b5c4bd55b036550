package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import org.jspecify.annotations.Nullable;

/** Which model a request is for. */
final class ModelNames {
    private ModelNames() {}

    /** The request's own model, else the path's; null for neither. */
    static @Nullable String asked(Request request, RoutingHints hints) {
        return request.model() != null && !request.model().isEmpty() ? request.model() : hints.pathModel();
    }

    /** For a request that names none: the pool's only base model; "" where any will do, null if that is unclear. */
    static @Nullable String implied(Request request, PoolSnapshot pool) {
        return request.dialect() == Dialect.PASSTHROUGH ? "" : onlyModel(pool);
    }

    private static @Nullable String onlyModel(PoolSnapshot pool) {
        String only = null;
        for (int i = 0; i < pool.size(); i++) {
            String model = baseModel(pool.at(i));
            if (model != null) {
                if (only != null && !only.equals(model)) {
                    return null;
                }
                only = model;
            }
        }
        // nobody told which models it serves: let the engine decide
        return only == null ? "" : only;
    }

    private static @Nullable String baseModel(Endpoint endpoint) {
        if (endpoint.spec().model() != null) {
            return endpoint.spec().model();
        }
        for (var served : endpoint.models()) {
            if (served.parent() == null) {
                return served.id();
            }
        }
        return null;
    }
}
