package io.kvasir.leader;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.kvasir.failure.FailureText;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One replica's part in the election, a round at a time: reads the Lease, then renews it, takes it or follows its holder.
 * Others' clocks are not believed: a Lease has expired when it was read all along, and did not change for its duration.
 *
 * <p>Who leads goes on leading until it sees that another holds the Lease, however long the API server is away: as long
 * as nobody can read the Lease nobody can take it either, and a leader that stepped down would leave a gateway with no
 * ready replica at all. Where only this replica is cut off, two lead until it is back, which costs a share of the
 * cache hits and nothing else, since replicas are equal.
 */
final class LeaseElection {
    private final LeaseSettings settings;
    private final Resource<Lease> resource;
    private final KubernetesClient client;
    private final BooleanSupplier eligible;
    private final InstantSource clock;
    private final LongSupplier nanoTime;

    private volatile boolean leading;
    private volatile @Nullable LeaseSpec seen;
    private volatile String failure = "";
    private long seenNanos;
    private boolean blind;

    /**
     * @param eligible whether this replica could serve; one that cannot takes no Lease
     * @param clock for the times that are written
     * @param nanoTime a monotonic clock, for expiry
     */
    LeaseElection(
            KubernetesClient client,
            LeaseSettings settings,
            BooleanSupplier eligible,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.client = client;
        this.settings = settings;
        this.eligible = eligible;
        this.clock = clock;
        this.nanoTime = nanoTime;
        resource = client.leases().inNamespace(settings.namespace()).withName(settings.name());
    }

    /** Whether this replica leads, as far as it knows. */
    boolean leading() {
        return leading;
    }

    /** Who was seen to hold the Lease; empty for nobody. */
    String holder() {
        var last = seen;
        return last == null || last.getHolderIdentity() == null ? "" : last.getHolderIdentity();
    }

    /** Why the last round failed, in one line; empty where none did. */
    String failure() {
        return failure;
    }

    /** One round. Blocks; rounds and {@link #release} must not overlap. */
    Round round() {
        try {
            var lease = resource.get();
            if (lease == null) {
                return mayTake() ? create() : Round.LEFT;
            }
            var spec = observe(lease.getSpec());
            // also what an earlier life of this replica took
            boolean ours = settings.identity().equals(spec.getHolderIdentity());
            if (!ours && !free(spec)) {
                leading = false;
                return Round.FOLLOWED;
            }
            if (!mayTake()) {
                return Round.LEFT;
            }
            return write(lease, next(spec), ours ? Round.RENEWED : Round.TAKEN);
        } catch (KubernetesClientException e) {
            return failed(e);
        }
    }

    private boolean mayTake() {
        return leading || eligible.getAsBoolean();
    }

    /** Gives the Lease up, so that another may take it at once. */
    Round release() {
        boolean held = leading;
        leading = false;
        if (!held) {
            return Round.FOLLOWED;
        }
        try {
            var lease = resource.get();
            if (lease == null
                    || !settings.identity().equals(observe(lease.getSpec()).getHolderIdentity())) {
                return Round.FOLLOWED;
            }
            var free = new LeaseSpecBuilder(lease.getSpec())
                    .withHolderIdentity("")
                    .withLeaseDurationSeconds(1)
                    .withRenewTime(now())
                    .build();
            client.resource(new LeaseBuilder(lease).withSpec(free).build())
                    .inNamespace(settings.namespace())
                    .update();
            return Round.LEFT;
        } catch (KubernetesClientException e) {
            return failed(e);
        }
    }

    private LeaseSpec observe(@Nullable LeaseSpec read) {
        var spec = read == null ? new LeaseSpec() : read;
        if (blind || !spec.equals(seen)) {
            seen = spec;
            seenNanos = nanoTime.getAsLong();
            blind = false;
        }
        return spec;
    }

    private boolean free(LeaseSpec spec) {
        String holder = spec.getHolderIdentity();
        if (holder == null || holder.isEmpty()) {
            return true;
        }
        Integer seconds = spec.getLeaseDurationSeconds();
        long duration =
                seconds == null || seconds <= 0 ? settings.duration().toNanos() : TimeUnit.SECONDS.toNanos(seconds);
        return nanoTime.getAsLong() - seenNanos >= duration;
    }

    private ZonedDateTime now() {
        return clock.instant().atZone(ZoneOffset.UTC);
    }

    private LeaseSpec next(LeaseSpec before) {
        var now = now();
        boolean held = settings.identity().equals(before.getHolderIdentity());
        int transitions = Objects.requireNonNullElse(before.getLeaseTransitions(), 0);
        return new LeaseSpecBuilder()
                .withHolderIdentity(settings.identity())
                .withLeaseDurationSeconds((int) settings.duration().toSeconds())
                .withAcquireTime(held && before.getAcquireTime() != null ? before.getAcquireTime() : now)
                .withRenewTime(now)
                .withLeaseTransitions(held ? transitions : transitions + 1)
                .build();
    }

    private Round create() {
        var lease = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(settings.namespace())
                .withName(settings.name())
                .endMetadata()
                .withSpec(next(new LeaseSpec()))
                .build();
        observe(client.resource(lease)
                .inNamespace(settings.namespace())
                .create()
                .getSpec());
        leading = true;
        return Round.TAKEN;
    }

    /** With the version that was read, so that only one of two writers succeeds. */
    private Round write(Lease lease, LeaseSpec spec, Round done) {
        var changed = new LeaseBuilder(lease).withSpec(spec).build();
        observe(client.resource(changed)
                .inNamespace(settings.namespace())
                .update()
                .getSpec());
        leading = true;
        return done;
    }

    private Round failed(KubernetesClientException e) {
        failure = FailureText.of(e);
        Round round = switch (e.getCode()) {
            // not found: deleted since it was read
            case HttpURLConnection.HTTP_CONFLICT, HttpURLConnection.HTTP_NOT_FOUND -> Round.CONFLICT;
            case HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_UNAUTHORIZED -> Round.FORBIDDEN;
            default -> Round.UNAVAILABLE;
        };
        // what was not watched may have been renewed: after an outage the leader gets its time to come back
        blind |= round.failed();
        return round;
    }
}
