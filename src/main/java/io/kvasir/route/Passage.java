package io.kvasir.route;

import io.kvasir.admission.Stay;
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
 * @param stay who hears of it for admission, once that has let it in
 */
record Passage(
        Reading reading,
        Request asked,
        RoutingHints hints,
        AppliedRules rules,
        String model,
        Request request,
        @Nullable Waiter waiter,
        Stay stay) {

    /** The same request, of which more is known. */
    Passage knowing(Request measured) {
        return new Passage(reading, asked, hints, rules, model, measured, waiter, stay);
    }

    /** The same request, that waits no longer. */
    Passage hurried() {
        return new Passage(reading, asked, hints, rules, model, request, null, stay);
    }

    /** The same request, let in or held, of which that one hears. */
    @SuppressWarnings("ReferenceEquality") // the very one that it has
    Passage staying(Stay heard) {
        return heard == stay ? this : new Passage(reading, asked, hints, rules, model, request, waiter, heard);
    }
}
