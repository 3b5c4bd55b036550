package io.kvasir.observe;

import io.kvasir.pool.PickReason;
import io.kvasir.route.Booking;
import java.util.function.BiConsumer;

/** What an answer says of its own way here, where operators ask for it: headers by name and value. */
public final class AnswerHeaders {
    private AnswerHeaders() {}

    /**
     * The endpoint, why it was picked, the seconds that were predicted there to the first token and to the last, and the
     * prompt tokens that it was believed to hold.
     */
    public static void of(Booking booking, BiConsumer<String, String> headers) {
        var decision = booking.decision();
        var expected = booking.placement().prediction();
        boolean asDecided = booking.endpoint().replica().tenancy()
                == decision.endpoint().replica().tenancy();
        headers.accept("x-kvasir-endpoint", booking.endpoint().spec().name());
        headers.accept("x-kvasir-reason", (asDecided ? decision.reason() : PickReason.RETRY).code());
        headers.accept("x-kvasir-predicted-ttft-seconds", Double.toString(Digits.sensible(expected.firstToken())));
        headers.accept("x-kvasir-predicted-seconds", Double.toString(Digits.sensible(expected.end())));
        headers.accept("x-kvasir-cached-tokens", Long.toString(Math.round(expected.cachedTokens())));
    }
}
