package io.kvasir.schedule;

/** Drops endpoints that are down or asleep. */
public final class HealthFilter implements Filter {

    @Override
    public String name() {
        return "health-filter";
    }

    @Override
    public void filter(SchedulingContext context) {
        context.retain(
                endpoint -> endpoint.health().routable() && !endpoint.stats().asleep());
    }

    @Override
    public Rejection rejection(SchedulingContext context) {
        return Rejection.unavailable("no endpoint of the pool is up", RejectReason.NONE_HEALTHY);
    }
}
