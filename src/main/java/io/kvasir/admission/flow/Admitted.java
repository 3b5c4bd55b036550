package io.kvasir.admission.flow;

import io.kvasir.admission.Evictable;
import io.kvasir.admission.Stay;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request that was let in, and what its tenant was charged for it: what it is expected to cost at first, what it has to
 * compute where it is booked, and what it did in the end.
 */
class Admitted implements Stay {
    private final Tenant tenant;
    private final long promptTokens;
    private final long outputTokens;
    private final @Nullable Eviction eviction;
    private volatile @Nullable Endpoint endpoint;
    private @Nullable ArrivalRate asked;
    private long charged;

    /**
     * @param eviction who may have it make room; null where nobody may
     * @param outputTokens expected of it
     */
    Admitted(@Nullable Eviction eviction, Tenant tenant, long promptTokens, long outputTokens) {
        this.eviction = eviction;
        this.tenant = tenant;
        this.promptTokens = promptTokens;
        this.outputTokens = outputTokens;
    }

    final Tenant tenant() {
        return tenant;
    }

    final int priority() {
        return tenant.band().priority();
    }

    /** Where it is booked; null where it is nowhere. */
    final @Nullable Endpoint endpoint() {
        return endpoint;
    }

    final long promptTokens() {
        return promptTokens;
    }

    /** Tokens of output that are expected. */
    final long outputTokens() {
        return outputTokens;
    }

    /** See {@link Tenant#expectedCost}. */
    final long expectedCost() {
        return tenant.expectedCost(promptTokens, outputTokens);
    }

    /**
     * It is in flight from now on, and its tenant has been charged so much.
     *
     * @param model that it asks for; empty for none
     */
    final void enter(String model, long cost) {
        charged = cost;
        // not before: what is not asked for while it waits is forgotten
        var rate = tenant.asks(model);
        asked = rate;
        rate.came(Math.round(tenant.uncachedShare() * promptTokens));
        tenant.inFlight().getAndIncrement();
        tenant.band().inFlight().getAndIncrement();
    }

    /** Its tenant is to have been charged that much. */
    final void costs(long tokens) {
        tenant.charge(tokens - charged);
        charged = tokens;
    }

    @Override
    public Refusal expired() {
        return Refusals.waitExpired(0);
    }

    @Override
    public void booked(Endpoint at, long uncachedTokens, Evictable request) {
        endpoint = at;
        if (eviction != null && priority() < 0) {
            eviction.booked(this, request);
        }
        if (promptTokens > 0) {
            tenant.uncached(Math.clamp((double) uncachedTokens / promptTokens, 0, 1));
        }
        costs(uncachedTokens + outputTokens);
    }

    @Override
    public void ended(@Nullable Endpoint at, long computedTokens, long outputTokens) {
        if (eviction != null && endpoint != null) {
            eviction.ended(this);
        }
        long cost = at == null ? 0 : computedTokens + outputTokens;
        costs(cost);
        tenant.served(cost);
        Objects.requireNonNull(asked).ended();
        tenant.inFlight().getAndDecrement();
        tenant.band().inFlight().getAndDecrement();
    }
}
