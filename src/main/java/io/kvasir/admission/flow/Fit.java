package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.pool.Serving;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Requests that fit the same endpoints: of one model, allowed by the gateway in the same way, and needing as much room for
 * one sequence. They wait in line for these and never behind requests that need others. Guarded by the lock of the queue.
 */
final class Fit {
    /**
     * What makes requests one kind.
     *
     * @param allowed null for all
     * @param room tokens that an endpoint has to be able to hold in one sequence
     */
    record Kind(String model, @Nullable Set<String> allowed, long room) {}

    private final Kind kind;
    private final BitSet ordinals = new BitSet();
    private List<Endpoint> endpoints = List.of();

    Fit(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** Who of the pool may serve them. */
    void refresh(PoolSnapshot pool, long nowNanos) {
        endpoints = serving(pool, kind.model(), kind.allowed(), nowNanos).stream()
                .filter(endpoint -> room(endpoint, kind.model()) >= kind.room())
                .toList();
        ordinals.clear();
        endpoints.forEach(endpoint -> ordinals.set(endpoint.ordinal()));
    }

    /** Those who may serve them, as of the last {@link #refresh}. */
    List<Endpoint> endpoints() {
        return endpoints;
    }

    boolean has(Endpoint endpoint) {
        return ordinals.get(endpoint.ordinal());
    }

    /** Who answers for the model, and is allowed: those that name it, else those that may serve it. */
    static List<Endpoint> serving(PoolSnapshot pool, String model, @Nullable Set<String> allowed, long nowNanos) {
        var listed = new ArrayList<Endpoint>();
        var others = new ArrayList<Endpoint>();
        for (int i = 0; i < pool.size(); i++) {
            var endpoint = pool.at(i);
            if (endpoint.spec().role().decodes() && (allowed == null || allowed.contains(endpoint.hostPort()))) {
                var serving = model.isEmpty() ? Serving.LISTED : endpoint.serving(model, nowNanos);
                if (serving == Serving.LISTED) {
                    listed.add(endpoint);
                } else if (serving != Serving.NO) {
                    others.add(endpoint);
                }
            }
        }
        return listed.isEmpty() ? others : listed;
    }

    /** Tokens that one sequence can have there; without an end where nobody told. */
    static long room(Endpoint endpoint, String model) {
        int limit = endpoint.contextTokens(model);
        return limit == 0 ? Integer.MAX_VALUE : limit;
    }

    /**
     * The room that a request needs, as the smallest that an endpoint has which suffices: for prompt and output, else for
     * the prompt, else what holds most; 0 where there is no endpoint.
     */
    static long needed(List<Endpoint> serving, String model, long both, long prompt) {
        long fitsBoth = Long.MAX_VALUE;
        long fitsPrompt = Long.MAX_VALUE;
        long most = 0;
        for (int i = 0; i < serving.size(); i++) {
            long room = room(serving.get(i), model);
            if (room >= both) {
                fitsBoth = Math.min(fitsBoth, room);
            }
            if (room >= prompt) {
                fitsPrompt = Math.min(fitsPrompt, room);
            }
            most = Math.max(most, room);
        }
        return fitsBoth != Long.MAX_VALUE ? fitsBoth : fitsPrompt != Long.MAX_VALUE ? fitsPrompt : most;
    }

    @Override
    public String toString() {
        return kind + " at " + Objects.toString(endpoints);
    }
}
