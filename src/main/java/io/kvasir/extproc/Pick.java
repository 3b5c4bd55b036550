package io.kvasir.extproc;

import io.kvasir.route.Booking;
import io.kvasir.schedule.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is published of a decision.
 *
 * @param booking the books of the request
 * @param destination {@code ip:port}, or a list of them, best first
 * @param prefiller {@code ip:port} of who computes the prompt; null for the destination itself
 */
record Pick(Booking booking, String destination, @Nullable String prefiller) {
    /**
     * What is to be published.
     *
     * @param fallbackList whether the decision's fallbacks follow its endpoint
     * @param wanted the list to publish instead, as a test asked for; null to publish the decision
     */
    static Pick of(Booking booking, boolean fallbackList, @Nullable List<String> wanted) {
        Decision decision = booking.decision();
        var prefill = decision.prefill();
        String destination = fallbackList ? list(decision) : decision.endpoint().hostPort();
        return new Pick(
                booking,
                wanted == null ? destination : String.join(",", wanted),
                prefill == null ? null : prefill.hostPort());
    }

    private static String list(Decision decision) {
        var list = new StringBuilder(decision.endpoint().hostPort());
        for (var fallback : decision.fallbacks()) {
            list.append(',').append(fallback.hostPort());
        }
        return list.toString();
    }
}
