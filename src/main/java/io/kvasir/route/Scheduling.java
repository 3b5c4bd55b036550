package io.kvasir.route;

import io.kvasir.pool.PickReason;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptCounts;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.EndpointScore;
import io.kvasir.schedule.Explanation;
import io.kvasir.schedule.Need;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.SchedulingContext;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The stages of a request that has been let in: choose an endpoint of the pool as it is now, and open the books there. */
final class Scheduling {
    /** For callers that wait for no lists of models. */
    static final UnlistedWait NO_WAIT = (_, _) -> null;

    private final Router router;
    private final AgeingPages ageing;
    private final Shadow shadow;
    private final PickReasons reasons;
    private final LostPrompts lost = new LostPrompts();
    private final ThreadLocal<SchedulingContext> contexts;

    /** Makes a request wait whose model no list names. */
    interface UnlistedWait {
        /** Begins to wait; null where there is nothing to wait for, and the request goes on. */
        @Nullable
        Waiting begin(Passage passage, @Nullable Waiting waited);
    }

    Scheduling(Router router, AgeingPages ageing, Supplier<RandomGenerator> randoms) {
        this.router = router;
        this.ageing = ageing;
        reasons = new PickReasons(router::nanoTime);
        shadow = new Shadow(router.time(), router.counts().shadow(), randoms);
        contexts = ThreadLocal.withInitial(() -> new SchedulingContext(randoms.get(), router::nanoTime));
    }

    ModelResolution resolve(Request asked, RoutingHints hints) {
        return ModelResolution.of(
                asked,
                hints,
                router.pool().snapshot(),
                router.traffic(),
                contexts.get().random());
    }

    /** The request for that model, its prompt measured in the model's tokens. */
    Request measured(Request request, String model) {
        double bytesPerToken = router.tokenSizes().of(model);
        boolean same = model.isEmpty() || model.equals(request.model());
        return same && bytesPerToken == PromptCounts.BYTES_PER_TOKEN
                ? request
                : request.withModel(same ? request.model() : model, bytesPerToken);
    }

    /**
     * Chooses an endpoint and books the request there. A refusal gives the reading back.
     *
     * @param waited see {@link UnlistedWait#begin}
     */
    Routing schedule(Passage passage, @Nullable Waiting waited, long now, UnlistedWait lists) {
        PoolSnapshot pool = router.pool().snapshot();
        var profiles = router.profiles();
        var context = contexts.get();
        boolean counted = waited == null || waited.reason() != WaitReason.MODEL_LISTS;
        var holder = router.holders().of(passage.asked(), passage.hints(), passage.model(), pool, now, counted);
        var subset = holder == null ? passage.hints().subset() : List.of(holder.hostPort());
        begin(context, passage, pool, subset, now);
        try {
            var explanation = router.explanations().begin(now);
            var result = choose(profiles, context, passage, pool, subset, explanation);
            boolean unlisted = context.notes().isUnlisted();
            var waiting = unlisted ? lists.begin(passage, waited) : null;
            if (waiting != null) {
                return waiting;
            }
            var decision = result.decision();
            if (decision == null) {
                passage.reading().abandon();
                var refusal = Objects.requireNonNull(result.refusal());
                return new Routing.Refused(holder == null ? refusal : Holders.keptAway(refusal));
            }
            if (holder == null) {
                compare(profiles, context, passage, pool, subset, decision);
            }
            if (unlisted) {
                router.counts().model(ModelNote.UNLISTED);
            }
            return new Routing.Booked(
                    book(profiles, context, passage, pool, subset, decision, holder != null, explanation, now));
        } finally {
            context.end();
        }
    }

    /** Where the request would go now. Nothing is booked, and the reading stays the caller's. */
    Profile.Result explain(Passage passage, long now, Explanation explanation) {
        PoolSnapshot pool = router.pool().snapshot();
        var profiles = router.profiles();
        var context = contexts.get();
        var holder = router.holders().of(passage.asked(), passage.hints(), passage.model(), pool, now, false);
        var subset = holder == null ? passage.hints().subset() : List.of(holder.hostPort());
        begin(context, passage, pool, subset, now);
        try {
            var result = choose(profiles, context, passage, pool, subset, explanation);
            var decision = result.decision();
            if (decision == null) {
                return holder == null
                        ? result
                        : new Profile.Result(null, Holders.keptAway(Objects.requireNonNull(result.refusal())));
            }
            return passage.hints().pairs()
                    ? new Profile.Result(profiles.pairing().explain(context, pool, subset, decision, explanation), null)
                    : result;
        } finally {
            context.end();
        }
    }

    private void begin(
            SchedulingContext context, Passage passage, PoolSnapshot pool, @Nullable List<String> subset, long now) {
        context.begin(
                passage.request(),
                passage.model(),
                pool,
                subset,
                now,
                router.freshNanos(),
                router.outputs().expected(passage.request(), passage.model()));
    }

    private Profile.Result choose(
            Profiles profiles,
            SchedulingContext context,
            Passage passage,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            @Nullable Explanation explanation) {
        if (subset != null && context.size() == 0) {
            return new Profile.Result(null, Refusals.subsetEmpty());
        }
        var profile = profiles.of(passage.request().headers());
        if (profile == null) {
            return new Profile.Result(
                    null, Refusals.profileUnknown(profiles.named().header()));
        }
        if (usesPrefix(profiles, profile, passage, pool)) {
            match(passage, pool, context);
        } else {
            context.matches().reset(0);
        }
        return profile.run(context, explanation);
    }

    private static boolean usesPrefix(Profiles profiles, Profile profile, Passage passage, PoolSnapshot pool) {
        return profile.needs(Need.PREFIX)
                || passage.hints().pairs() && profiles.pairing().usesPrefix(pool);
    }

    /** The profile that a decision was made by. */
    private static Profile used(Profiles profiles, Passage passage) {
        return Objects.requireNonNullElse(profiles.of(passage.request().headers()), profiles.profile());
    }

    private void match(Passage passage, PoolSnapshot pool, SchedulingContext context) {
        context.ownMatches();
        boolean timed = context.timed();
        long began = timed ? context.clockNanos() : 0;
        router.view().match(namespace(passage), passage.reading().keys(), pool.slots(), context.matches());
        context.matched();
        if (timed) {
            router.counts().lookups().record(context.clockNanos() - began);
        }
    }

    /** Has the shadow decide the same, before anything is booked. */
    private void compare(
            Profiles profiles,
            SchedulingContext context,
            Passage passage,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision) {
        var other = profiles.shadow();
        if (other != null) {
            boolean known = usesPrefix(profiles, used(profiles, passage), passage, pool);
            shadow.compare(
                    other, context, pool, subset, decision, known ? null : beside -> match(passage, pool, beside));
        }
    }

    private static long namespace(Passage passage) {
        return PrefixNamespace.of(passage.model(), null, passage.request().cacheSalt());
    }

    private Booking book(
            Profiles profiles,
            SchedulingContext context,
            Passage passage,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision chosen,
            boolean held,
            @Nullable Explanation explanation,
            long now) {
        var hints = passage.hints();
        var scores = hints.scores() ? EndpointScore.of(context) : List.<EndpointScore>of();
        used(profiles, passage).booked(context, chosen.endpoint());
        var decision = hints.pairs() ? profiles.pairing().pair(context, pool, subset, chosen, explanation) : chosen;
        ageing.refresh(decision, now);
        decision = held
                ? decision.because(PickReason.HOLDER)
                : reasons.reasoned(decision, passage.request(), hints, context.matches());
        router.counts().pair(decision.pairing());
        router.counts().encode(decision.encoding());
        router.counts()
                .prefix(
                        decision.prefixSource(),
                        PrefixFallback.of(decision, passage.reading().tokens()));
        int[] cached = new int[1 + decision.fallbacks().size()];
        var predictors = new @Nullable PrefixSource[cached.length];
        cached[0] = decision.cachedTokens();
        predictors[0] = decision.prefixSource();
        for (int i = 1; i < cached.length; i++) {
            var fallback = decision.fallbacks().get(i - 1);
            cached[i] = context.cachedTokens(fallback);
            predictors[i] = context.prefixSource(fallback);
        }
        boolean makesStored = hints.stored() == null
                ? passage.asked().dialect() == Dialect.RESPONSES
                : hints.stored().id() == null;
        var booking = new Booking(
                router,
                passage,
                namespace(passage),
                decision,
                scores,
                makesStored,
                cached,
                predictors,
                context.work(),
                now);
        lost.booked(
                passage.reading().keys().first(router.view().schemes()), namespace(passage), context, pool, decision);
        if (explanation != null) {
            explanation.measured(passage.request().promptTokens());
            booking.events().explained(explanation);
        }
        booking.open();
        return booking;
    }
}
