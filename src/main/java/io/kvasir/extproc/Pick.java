package io.kvasir.extproc;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.route.Booking;
import io.kvasir.schedule.Decision;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is published of a decision.
 *
 * @param booking the books of the request
 * @param destination {@code ip:port}, or a list of them, best first
 * @param prefiller {@code ip:port} of who computes the prompt; null for the destination itself
 * @param encoders {@code ip:port} of those that encode media, with commas; null where nobody does for others
 * @param rank {@code ip:port} that a sidecar at the destination is to pass the request to; null for the destination itself
 */
record Pick(
        Booking booking,
        String destination,
        @Nullable String prefiller,
        @Nullable String encoders,
        @Nullable String rank) {
    /**
     * What is to be published.
     *
     * @param named how many endpoints are named: the decision's, and so many of its fallbacks
     * @param port the port of a pod that requests are sent to; 0 for the endpoint's own
     * @param wanted the list to publish instead, as a test asked for; null to publish the decision
     */
    static Pick of(Booking booking, int named, int port, @Nullable List<String> wanted) {
        Decision decision = booking.decision();
        var prefill = decision.prefill();
        var endpoint = decision.endpoint();
        String destination = port > 0
                ? EndpointSpec.hostPort(endpoint.spec().address(), port)
                : named > 1 ? list(decision, named) : endpoint.hostPort();
        return new Pick(
                booking,
                wanted == null ? destination : String.join(",", wanted),
                prefill == null ? null : prefill.hostPort(),
                decision.encoders().isEmpty()
                        ? null
                        : decision.encoders().stream().map(Endpoint::hostPort).collect(Collectors.joining(",")),
                port > 0 ? endpoint.hostPort() : null);
    }

    private static String list(Decision decision, int named) {
        var list = new StringBuilder(decision.endpoint().hostPort());
        var fallbacks = decision.fallbacks();
        for (int i = 0; i < fallbacks.size() && i < named - 1; i++) {
            list.append(',').append(fallbacks.get(i).hostPort());
        }
        return list.toString();
    }
}
