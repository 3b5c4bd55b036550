package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds who encodes media and who prefills for a request whose decode endpoint is picked. Endpoints of role {@code both} may prefill for
 * others, but only in a pool that has endpoints for nothing else. Immutable.
 */
public final class Pairing {
    /** A filter, and what it means when it leaves nobody. */
    private record Step(Filter filter, PairReason nobody) {}

    private final PdDecider decider;
    private final TimeModel time;
    private final Profile profile;
    private final PairableFilter pairable;
    private final Encoding encoding;
    private final List<Step> steps;

    /** As the other one; nobody encodes for others. */
    public Pairing(PdDecider decider, Profile profile, TimeModel time, boolean acrossVendors) {
        this(decider, profile, time, acrossVendors, Encoding.NEVER);
    }

    /**
     * Makes pairs.
     *
     * @param profile how prefill endpoints are chosen among those that can be used, as {@link Policy#prefillProfile}
     * @param acrossVendors whether the two may be of different vendors
     * @param encoding finds who encodes media
     */
    public Pairing(PdDecider decider, Profile profile, TimeModel time, boolean acrossVendors, Encoding encoding) {
        this.encoding = encoding;
        this.decider = decider;
        this.profile = profile;
        this.time = time;
        pairable = new PairableFilter(acrossVendors);
        steps = List.of(
                new Step(RoleFilter.prefill(), PairReason.NO_PREFILL_ENDPOINT),
                new Step(new ModelFilter(), PairReason.NO_PREFILL_ENDPOINT),
                new Step(pairable, PairReason.INCOMPATIBLE),
                new Step(new PrefillRoomFilter(), PairReason.TOO_SMALL),
                new Step(new HealthFilter(false), PairReason.UNHEALTHY));
    }

    /** Those that it chooses by. */
    List<Profile> profiles() {
        var encodes = encoding.profile();
        return encodes == null ? List.of(profile) : List.of(profile, encodes);
    }

    /** Names of the request headers that it reads, in lower case. */
    Set<String> headers() {
        var all = new TreeSet<>(profile.headers());
        all.addAll(encoding.headers());
        return all;
    }

    /** Whether decisions over that pool read which prompts endpoints hold. */
    public boolean usesPrefix(PoolSnapshot pool) {
        return pool.disaggregated() && decider.needs().contains(Need.PREFIX) || encoding.usesPrefix(pool);
    }

    /**
     * The decision with those that encode and a prefill endpoint, or with the reasons why it has none; it will be booked.
     * Starts the candidates of {@code context} over.
     *
     * @param subset the only {@code ip:port} that may be used; null for all
     * @param explanation filled where somebody asked
     */
    public Decision pair(
            SchedulingContext context,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            @Nullable Explanation explanation) {
        return pair(context, pool, subset, decision, explanation, true);
    }

    /** The same decision of one that will not be booked. */
    public Decision explain(
            SchedulingContext context,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            Explanation explanation) {
        return pair(context, pool, subset, decision, explanation, false);
    }

    private Decision pair(
            SchedulingContext context,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            @Nullable Explanation explanation,
            boolean booked) {
        var encoded = encoding.encode(context, pool, subset, decision, booked);
        return prefill(context, pool, subset, encoded, explanation, booked);
    }

    private Decision prefill(
            SchedulingContext context,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            @Nullable Explanation explanation,
            boolean booked) {
        if (!context.request().dialect().generates()) {
            return decision;
        }
        if (!pool.disaggregated()) {
            return decision.alone(PairReason.NO_PREFILL_ENDPOINT);
        }
        if (!decider.wants(context, decision)) {
            return decision.alone(PairReason.DECIDED_AGAINST);
        }
        var decode = decision.endpoint();
        context.candidates(pool, subset);
        context.retain(endpoint -> endpoint != decode);
        context.peer(decode);
        var explained = explanation == null ? null : explanation.beginPrefill();
        for (Step step : steps) {
            Profile.apply(step.filter, context, explained);
            if (context.size() == 0) {
                return decision.alone(step.nobody);
            }
        }
        var prefill = profile.run(context, explained).decision();
        if (prefill == null) {
            return decision.alone(PairReason.NO_PREFILL_ENDPOINT);
        }
        double pairSeconds = pairSeconds(context, prefill.endpoint(), decode);
        if (!decider.keeps(aloneSeconds(context, decode), pairSeconds)) {
            return decision.alone(PairReason.DECIDED_AGAINST);
        }
        if (booked) {
            profile.booked(context, prefill.endpoint());
        }
        return decision.paired(
                prefill.endpoint(),
                prefill.cachedTokens(),
                pairSeconds,
                fallbacks(decision.fallbacks(), prefill.endpoint()));
    }

    private double aloneSeconds(SchedulingContext context, Endpoint decode) {
        return time.predict(
                        decode,
                        context.model(),
                        context.work(),
                        context.cachedTokens(decode),
                        context.nowNanos(),
                        context.freshNanos())
                .firstToken();
    }

    private double pairSeconds(SchedulingContext context, Endpoint prefill, Endpoint decode) {
        int held = context.cachedTokens(decode);
        var first = time.predictPrefill(
                prefill,
                decode,
                context.model(),
                context.work(),
                context.cachedTokens(prefill),
                held,
                context.nowNanos(),
                context.freshNanos());
        return time.predictPair(first, decode, context.model(), context.work(), held, context.nowNanos())
                .firstToken();
    }

    /** Those that the prefill endpoint can serve too: gateways send it along wherever the request ends up. */
    private List<Endpoint> fallbacks(List<Endpoint> fallbacks, Endpoint prefill) {
        var left = new ArrayList<Endpoint>(fallbacks.size());
        for (var fallback : fallbacks) {
            if (fallback != prefill && pairable.pairable(prefill, fallback)) {
                left.add(fallback);
            }
        }
        return left;
    }
}
