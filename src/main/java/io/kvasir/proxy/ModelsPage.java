package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pool's {@code /v1/models}: what the endpoints that may be sent requests serve, each name once. {@code
 * max_model_len} is the largest of those endpoints', because longer requests go only to endpoints that can take them.
 */
final class ModelsPage {
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final long createdSeconds;
    private boolean partial;

    private record Entry(@Nullable String parent, int maxModelLen) {
        Entry with(@Nullable String otherParent, int otherLength) {
            return new Entry(parent == null ? otherParent : parent, Math.max(maxModelLen, otherLength));
        }
    }

    /** @param createdSeconds the time that models are said to be there since, in seconds since 1970 */
    ModelsPage(PoolSnapshot pool, long createdSeconds) {
        this.createdSeconds = createdSeconds;
        for (int i = 0; i < pool.size(); i++) {
            var endpoint = pool.at(i);
            if (endpoint.health().routable()) {
                add(endpoint);
            }
        }
    }

    private void add(Endpoint endpoint) {
        for (var model : endpoint.models()) {
            add(model.id(), model.parent(), model.maxModelLen());
        }
        var spec = endpoint.spec();
        if (endpoint.models().isEmpty() && spec.model() != null) {
            add(spec.model(), null, endpoint.maxModelLen());
        }
        if (endpoint.models().isEmpty()) {
            spec.adapters().forEach(adapter -> add(adapter, spec.model(), endpoint.maxModelLen()));
        }
        var knowledge = endpoint.knowledge();
        partial |= !knowledge.served().complete() || knowledge.problem() != null;
    }

    /** Whether an endpoint may serve more than it is known to. */
    boolean isPartial() {
        return partial;
    }

    private void add(String id, @Nullable String parent, int maxModelLen) {
        entries.merge(id, new Entry(parent, maxModelLen), (had, more) -> had.with(more.parent(), more.maxModelLen()));
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** All of them. */
    String list() {
        return list(id -> true);
    }

    /** Those that a path is for; null where there are none. */
    @Nullable
    String listOf(Predicate<String> wanted) {
        return entries.keySet().stream().anyMatch(wanted) ? list(wanted) : null;
    }

    private String list(Predicate<String> wanted) {
        var data = new JsonArray();
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            if (wanted.test(entry.getKey())) {
                data.add(json(entry.getKey(), entry.getValue()));
            }
        }
        return new JsonObject().put("object", "list").put("data", data).encode();
    }

    /** One of them; null where there is no such model. */
    @Nullable
    String one(String id) {
        var entry = entries.get(id);
        return entry == null ? null : json(id, entry).encode();
    }

    private JsonObject json(String id, Entry entry) {
        var json = new JsonObject()
                .put("id", id)
                .put("object", "model")
                .put("created", createdSeconds)
                .put("owned_by", "kvasir")
                .put("root", id)
                .put("parent", entry.parent());
        if (entry.maxModelLen() > 0) {
            json.put("max_model_len", entry.maxModelLen());
        }
        return json;
    }
}
