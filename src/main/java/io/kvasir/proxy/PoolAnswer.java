package io.kvasir.proxy;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.route.Router;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the proxy says of the pool without asking an engine: its models, and whether it can serve. Exactly one of the two is
 * set.
 *
 * @param json the body of a 200
 * @param refusal what is said instead
 */
record PoolAnswer(@Nullable String json, @Nullable Refusal refusal) {

    /**
     * The list of models, or one of them; under a path's model only that model's names.
     *
     * @param startSeconds the time that models are said to be there since, in seconds since 1970
     * @return null where that is not known, or not all of it: an engine is to be asked
     */
    static @Nullable PoolAnswer models(Router router, long startSeconds, Target.Models asked) {
        var page = new ModelsPage(router.pool().snapshot(), startSeconds);
        if (page.isEmpty()) {
            return null;
        }
        String id = asked.id();
        String under = asked.under();
        String json;
        if (id == null) {
            json = under == null ? page.list() : page.listOf(name -> router.sameModel(under, name));
        } else {
            json = under == null || router.sameModel(under, id) ? page.one(id) : null;
        }
        if (json != null) {
            return new PoolAnswer(json, null);
        }
        return page.isPartial()
                ? null
                : new PoolAnswer(null, Refusals.modelUnknown(Objects.requireNonNull(id == null ? under : id)));
    }

    /** Whether a request may be sent to somebody, or to somebody who serves a path's model. */
    static PoolAnswer health(Router router, Target.Health asked) {
        var pool = router.pool().snapshot();
        String under = asked.under();
        for (int i = 0; i < pool.size(); i++) {
            var endpoint = pool.at(i);
            if (endpoint.health().routable() && (under == null || endpoint.serves(under))) {
                return new PoolAnswer("{\"status\":\"ok\"}", null);
            }
        }
        return unavailable();
    }

    private static PoolAnswer unavailable() {
        return new PoolAnswer(null, Refusals.notServing());
    }
}
