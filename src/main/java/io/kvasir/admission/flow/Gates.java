package io.kvasir.admission.flow;

import io.kvasir.cost.EndpointRates;
import io.kvasir.cost.TimeModel;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.pool.EndpointLoad;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When endpoints would start with a request, in seconds: prompts placed there and not computed, those that others wait with
 * by a fresh page, blocks of KV and places in its batch. Where no fresh page is, our own books count alone. Safe for any
 * thread; reading takes no lock.
 */
final class Gates {
    /** In place of seconds: that it begins with the step that follows the one under way. */
    static final double NEXT_STEP = 0;

    /** Share of KV blocks below which a fresh page without a queue is believed that there is room, whatever books say. */
    private static final double ROOMY = 0.85;

    /** How many times as long as that of an idle engine a step may take of one that is said to be free. */
    private static final double MOST_STRETCHED = 2;

    /** The same to steps as long as those make them for whom it is free. */
    private static final double MOST_STRETCHED_BY_OTHERS = 1.25;

    /** By which share of it the time of a prompt may be longer than predicted. */
    private static final double ERROR = 0.12;

    private final TimeModel time;
    private final long freshNanos;
    private volatile @Nullable EndpointGate[] gates = new EndpointGate[0];

    Gates(TimeModel time, long freshNanos) {
        this.time = time;
        this.freshNanos = freshNanos;
    }

    private @Nullable EndpointGate known(Endpoint endpoint) {
        var all = gates;
        var gate = endpoint.ordinal() < all.length ? all[endpoint.ordinal()] : null;
        return gate != null && gate.of(endpoint) ? gate : null;
    }

    /** What is known of that replica, from now on. */
    EndpointGate of(Endpoint endpoint) {
        var gate = known(endpoint);
        return gate != null ? gate : create(endpoint);
    }

    private synchronized EndpointGate create(Endpoint endpoint) {
        var again = known(endpoint);
        if (again != null) {
            return again;
        }
        int ordinal = endpoint.ordinal();
        var grown = Arrays.copyOf(gates, Math.max(gates.length, ordinal + 1));
        grown[ordinal] = new EndpointGate(endpoint);
        gates = grown;
        return Objects.requireNonNull(grown[ordinal]);
    }

    /** Whether requests are sent to it while there are others; it may have said that it is too busy just now. */
    static boolean healthy(Endpoint endpoint, long nowNanos) {
        return !endpoint.stats().asleep()
                && endpoint.health().standing(nowNanos).compareTo(Standing.PRESSED) <= 0;
    }

    /**
     * Predicted seconds until it begins with a prompt of that model, however small.
     *
     * @param headroom share of its places that has to be left free
     */
    double promptSeconds(Endpoint endpoint, String model, double headroom, long nowNanos) {
        if (endpoint.health().standing(nowNanos) == Standing.PRESSED && occupied(endpoint, nowNanos)) {
            return Double.POSITIVE_INFINITY;
        }
        var rates = time.rates(endpoint, model).rates();
        double wait = time.waitSeconds(endpoint, rates, nowNanos, freshNanos);
        var gate = known(endpoint);
        if (gate == null) {
            return wait;
        }
        wait += gate.reservedSeconds();
        long slots = gate.slots();
        if (slots <= 0) {
            return wait;
        }
        var load = endpoint.load();
        double missing = load.sequences() + gate.reservedSequences() + 1 - slots * (1 - headroom);
        if (missing <= 0) {
            return wait;
        }
        double sequences = Math.max(1, load.sequences());
        double life =
                Math.max(1, load.outputTokens() / sequences) * rates.interTokenSeconds(sequences, load.heldTokens());
        return wait + missing * life / sequences;
    }

    /**
     * Seconds until it begins from which on it does not begin soon enough. With {@link #NEXT_STEP} no more may be left of a
     * prompt than an idle engine's step takes: that much is lost where it is waited for, and added where it is not.
     *
     * @param hold seconds, or that
     */
    double beginsSeconds(double hold, Endpoint endpoint, String model, long nowNanos) {
        if (hold > NEXT_STEP) {
            return hold;
        }
        var rates = time.rates(endpoint, model).rates();
        return TimeModel.stepLeftSeconds(endpoint, rates, nowNanos) + stepSeconds(rates);
    }

    /** What is before a request that begins so. */
    double beforeSeconds(double hold, Endpoint endpoint, String model) {
        return hold > NEXT_STEP ? hold : stepSeconds(time.rates(endpoint, model).rates());
    }

    private static double stepSeconds(EndpointRates rates) {
        return rates.interTokenSeconds(1, 0);
    }

    /**
     * Whether it would begin with a prompt in the step that follows the one under way, and no step takes long.
     *
     * @param share of what it decodes that is of those for whom it is to be free: no order keeps that from them
     */
    boolean free(Endpoint endpoint, String model, double share, long nowNanos) {
        var rates = time.rates(endpoint, model).rates();
        var load = endpoint.load();
        double step = rates.interTokenSeconds(Math.max(1, load.decoding(nowNanos)), load.heldTokens());
        double wait =
                promptSeconds(endpoint, model, 0, nowNanos) - TimeModel.stepLeftSeconds(endpoint, rates, nowNanos);
        double alone = rates.interTokenSeconds(Math.max(1, share * load.decoding(nowNanos)), share * load.heldTokens());
        double idle = stepSeconds(rates);
        return step <= Math.max(MOST_STRETCHED * idle, MOST_STRETCHED_BY_OTHERS * alone)
                && Math.max(wait, overrunSeconds(load)) <= idle;
    }

    /** What may be left of a prompt that should be computed by now, and is not: what is expected of it errs by that much. */
    private static double overrunSeconds(EndpointLoad load) {
        return load.prefills() <= 0 || load.unseen().nanos() > 0
                ? 0
                : ERROR * 1e-9 * load.prefillNanos() / load.prefills();
    }

    /**
     * Whether anything is known to be there that may end. An engine that said that it is too busy and has nothing to do meant
     * that one request, or its client; nobody else waits for that.
     */
    private boolean occupied(Endpoint endpoint, long nowNanos) {
        var page = endpoint.stats();
        return endpoint.load().requests() > 0
                || page.ageNanos(nowNanos) <= freshNanos && page.running() + page.waiting() > 0;
    }

    /**
     * Predicted seconds until blocks for that work are free.
     *
     * @param headroom share of its blocks that has to be left free
     */
    double kvSeconds(Endpoint endpoint, String model, Work work, double headroom, long nowNanos) {
        long capacity = endpoint.kvTokens();
        if (capacity <= 0) {
            return 0;
        }
        var load = endpoint.load();
        var gate = known(endpoint);
        long reserved = gate == null ? 0 : gate.reservedTokens();
        double room = capacity * (1 - headroom);
        double needed = Math.min(work.kvTokens(), room);
        if (load.promptTokens() + load.outputTokens() + reserved + needed <= room || roomy(endpoint, nowNanos)) {
            return 0;
        }
        if (load.requests() <= 0 && reserved <= 0) {
            return 0;
        }
        // what is let go and not booked shows in no prediction
        return headroom > 0 || reserved > 0
                ? Double.POSITIVE_INFINITY
                : time.kvWaitSeconds(endpoint, time.rates(endpoint, model).rates(), work);
    }

    private boolean roomy(Endpoint endpoint, long nowNanos) {
        // books count each prompt in full, engines what they share once
        var page = endpoint.stats();
        return page.ageNanos(nowNanos) <= freshNanos && page.waiting() == 0 && page.kvUsage() < ROOMY;
    }

    /** Seconds in which it computes so many tokens of a prompt. */
    double prefillSeconds(Endpoint endpoint, String model, double tokens) {
        return time.rates(endpoint, model)
                .rates()
                .prefillSeconds(tokens, 0, endpoint.load().heldTokens());
    }
}
