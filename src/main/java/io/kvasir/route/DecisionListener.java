package io.kvasir.route;

import io.kvasir.request.Request;
import io.kvasir.traffic.Treatment;

/** Told of every decision, on the thread that made it and before the door hears of it. */
public interface DecisionListener {
    /** Listens to nothing. */
    DecisionListener NONE = (request, treatment, routing) -> {};

    /**
     * A request was routed or refused.
     *
     * @param request as the door gave it, with the model that it asked for
     * @param treatment what operators' rules said of it
     */
    void decided(Request request, Treatment treatment, Routing routing);
}
