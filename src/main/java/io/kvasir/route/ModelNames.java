package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.ModelName;
import io.kvasir.request.Request;
import io.kvasir.traffic.ModelRewrites;
import org.jspecify.annotations.Nullable;

/** Which model a request is for. */
final class ModelNames {
    private ModelNames() {}

    /** The request's own model, else the path's, else the gateway's; null for none of them. */
    static @Nullable String asked(Request request, RoutingHints hints, PoolSnapshot pool, ModelRewrites rewrites) {
        String own = own(request);
        if (own != null) {
            return own;
        }
        String path = hints.pathModel();
        return path != null && !(hints.prefixed() && noModel(path, pool, rewrites)) ? path : hints.gatewayModel();
    }

    /**
     * The other model that a request names in spite of its path, in its body or by the rewrite header; null where there is
     * none. A name that stands for the same model is none, and neither is any where the path names a service and no model.
     * In front of a gateway's picker the header is the gateway's.
     */
    static @Nullable String conflict(Request request, RoutingHints hints, PoolSnapshot pool, ModelRewrites rewrites) {
        String path = hints.pathModel();
        if (path == null) {
            return null;
        }
        String own = own(request);
        if (own != null && !same(path, own, pool, rewrites)) {
            boolean service = hints.prefixed() && noModel(path, pool, rewrites) && !noModel(own, pool, rewrites);
            return service ? null : own;
        }
        String header = hints.rewrite();
        return hints.prefixed() || header == null || same(path, header, pool, rewrites) ? null : header;
    }

    /** For a request that names none: the pool's only base model; "" where any will do, null if that is unclear. */
    static @Nullable String implied(Request request, PoolSnapshot pool) {
        return request.dialect().needsModel() ? onlyModel(pool) : "";
    }

    /** Whether two names stand for one model: by a rewrite rule, or because one engine serves its model under both. */
    static boolean same(String one, String other, PoolSnapshot pool, ModelRewrites rewrites) {
        if (ModelName.folded(one).equals(ModelName.folded(other)) || rewrites.same(one, other)) {
            return true;
        }
        for (int i = 0; i < pool.size(); i++) {
            if (isBase(pool.at(i), one) && isBase(pool.at(i), other)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String own(Request request) {
        return request.model() != null && !request.model().isEmpty() ? request.model() : null;
    }

    /** Whether every endpoint tells what it serves, none of them this, and no rule is for the name. */
    private static boolean noModel(String name, PoolSnapshot pool, ModelRewrites rewrites) {
        if (rewrites.names(name)) {
            return false;
        }
        for (int i = 0; i < pool.size(); i++) {
            if (pool.at(i).serves(name)) {
                return false;
            }
        }
        return pool.size() > 0;
    }

    /** An engine runs one model; whatever else it lists without a parent is another name of it. */
    private static boolean isBase(Endpoint endpoint, String name) {
        if (name.equals(endpoint.spec().model())) {
            return true;
        }
        for (var served : endpoint.models()) {
            if (served.parent() == null && served.id().equals(name)) {
                return !endpoint.spec().adapters().contains(name);
            }
        }
        return false;
    }

    private static @Nullable String onlyModel(PoolSnapshot pool) {
        String only = null;
        for (int i = 0; i < pool.size(); i++) {
            String model = pool.at(i).baseModel();
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
}
