package io.kvasir.route;

import io.kvasir.request.Request;
import io.kvasir.traffic.AppliedRules;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through the stages.
 *
 * @param reading what read its body
 * @param asked as the door gave it
 * @param rules what operators' rules say of it
 * @param model to be routed to; empty where any will do
 * @param request for that model, its prompt measured in the model's tokens
 * @param waiter who can wait for the decision; null where it has to be made at once
 * @param governed whether admission hears of its end: it was asked and did not fail
 */
record Passage(
        Reading reading,
        Request asked,
        RoutingHints hints,
        AppliedRules rules,
        String model,
        Request request,
        @Nullable Waiter waiter,
        boolean governed) {

    /** The same request, that waits no longer. */
    Passage hurried() {
        return new Passage(reading, asked, hints, rules, model, request, null, governed);
    }

    /** The same request, of which admission hears no more. */
    Passage ungoverned() {
        return new Passage(reading, asked, hints, rules, model, request, waiter, false);
    }
}
