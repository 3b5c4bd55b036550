package io.kvasir.route;

import io.kvasir.request.Request;
import io.kvasir.traffic.AppliedRules;

/** Told of every decision, on the thread that made it and before the door hears of it. */
public interface DecisionListener {
    /** Listens to nothing. */
    DecisionListener NONE = (request, rules, routing) -> {};

    /**
     * A request was routed or refused.
     *
     * @param request as the door gave it, with the model that it asked for
     * @param rules what operators' rules said of it
     */
    void decided(Request request, AppliedRules rules, Routing routing);
}
