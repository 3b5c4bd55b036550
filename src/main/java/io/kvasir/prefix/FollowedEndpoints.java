package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Endpoints that are followed, by ordinal, as long as each has it. From any thread. */
final class FollowedEndpoints {
    private final PathLookup lookup;
    private final Speculation speculation;
    private final ReuseAccuracy accuracy;
    private final AtomicReferenceArray<@Nullable FollowedEndpoint> all;

    /** @param endpoints ordinals are below this; others are not followed */
    FollowedEndpoints(int endpoints, PathLookup lookup, Speculation speculation, ReuseAccuracy accuracy) {
        this.lookup = lookup;
        this.speculation = speculation;
        this.accuracy = accuracy;
        all = new AtomicReferenceArray<>(endpoints);
    }

    int length() {
        return all.length();
    }

    /** Who is followed under an ordinal; null for nobody. */
    @Nullable
    FollowedEndpoint at(int ordinal) {
        return all.get(ordinal);
    }

    /** An endpoint that is followed; null where it is not, or not any more. */
    @Nullable
    FollowedEndpoint known(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        var now = ordinal < all.length() ? all.get(ordinal) : null;
        return now != null && now.tenancy() == tenancy ? now : null;
    }

    /** One that is followed from now on, if it was not; null where it is gone, or beyond those that can be. */
    @Nullable
    FollowedEndpoint of(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        if (ordinal >= all.length()) {
            return null;
        }
        while (true) {
            var now = all.get(ordinal);
            if (now != null && now.tenancy() >= tenancy) {
                return now.tenancy() == tenancy ? now : null;
            }
            var next = new FollowedEndpoint(tenancy, lookup, speculation);
            if (all.compareAndSet(ordinal, now, next)) {
                accuracy.forget(ordinal);
                return next;
            }
        }
    }

    /** How sure what is said about an endpoint is, 0 to 1. */
    float confidence(FollowedEndpoint endpoint) {
        return endpoint.isSilent() || endpoint.blindness().isBlind()
                ? 0
                : endpoint.coverage() * accuracy.confidence(Tenancy.ordinal(endpoint.tenancy()));
    }
}
