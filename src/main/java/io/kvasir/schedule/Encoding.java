package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds endpoints that encode the images, sounds and the like of a request whose answering endpoint is picked; its sidecar
 * spreads the parts over all that are named. Immutable.
 */
public final class Encoding {
    /** Nobody encodes for others. */
    public static final Encoding NEVER = new Encoding(null, false);

    private final @Nullable Profile profile;
    private final boolean named;
    private final Filter model = new ModelFilter();
    private final Filter role = RoleFilter.encode();
    private final Filter health = new HealthFilter(false);

    private Encoding(@Nullable Profile profile, boolean named) {
        this.profile = profile;
        this.named = named;
    }

    /**
     * Wherever a request has media and the pool has endpoints that only encode: as many of them as there are parts, at most
     * one more than {@link Profile#FALLBACKS}.
     *
     * @param profile how they are chosen, as {@link Policy#encodeProfile}
     */
    public static Encoding byRole(Profile profile) {
        return new Encoding(profile, false);
    }

    /** Wherever a request has media: those that a profile of a configuration keeps, as many as its picker names. */
    public static Encoding by(Profile profile) {
        return new Encoding(profile, true);
    }

    /** That it chooses by; null where nobody encodes for others. */
    @Nullable
    Profile profile() {
        return profile;
    }

    /** Names of the request headers that it reads, in lower case. */
    Set<String> headers() {
        return profile == null ? Set.of() : profile.headers();
    }

    /** Whether decisions over that pool read which prompts endpoints hold. */
    boolean usesPrefix(PoolSnapshot pool) {
        return profile != null && profile.needs(Need.PREFIX) && (named || pool.encodes());
    }

    /**
     * The decision with endpoints that encode, or with the reason why it has none. Starts the candidates of {@code context}
     * over where the request has media.
     *
     * @param subset the only {@code ip:port} that may be used; null for all
     * @param booked whether the decision will be
     */
    Decision encode(
            SchedulingContext context,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            boolean booked) {
        var request = context.request();
        int parts = request.prompt().mediaParts();
        if (profile == null || parts == 0 || !request.dialect().generates()) {
            return decision;
        }
        if (!named && !pool.encodes()) {
            return decision.encoded(List.of(), EncodeReason.NO_ENCODE_ENDPOINT);
        }
        var answers = decision.endpoint();
        context.candidates(pool, subset);
        context.retain(endpoint -> endpoint != answers);
        context.peer(answers);
        if (!named) {
            role.filter(context);
        }
        model.filter(context);
        boolean any = context.size() > 0;
        health.filter(context);
        boolean unhealthy = any && context.size() == 0;
        var found = context.size() == 0 ? null : profile.run(context, null).decision();
        if (found == null) {
            return decision.encoded(List.of(), unhealthy ? EncodeReason.UNHEALTHY : EncodeReason.NO_ENCODE_ENDPOINT);
        }
        var encoders = encoders(found, named ? profile.named() : parts);
        if (booked) {
            tell(profile, context, encoders);
        }
        return decision.encoded(encoders, EncodeReason.ENCODED);
    }

    /** Of each that encodes, with the parts that it gets: sidecars send the different ones to all in turn. */
    private static void tell(Profile profile, SchedulingContext context, List<Endpoint> encoders) {
        for (int i = 0; i < encoders.size(); i++) {
            context.mediaTurn(i, encoders.size());
            profile.booked(context, encoders.get(i));
        }
        context.mediaTurn(0, 1);
    }

    private static List<Endpoint> encoders(Decision found, int most) {
        var encoders = new ArrayList<Endpoint>();
        encoders.add(found.endpoint());
        for (var next : found.fallbacks()) {
            if (encoders.size() < most) {
                encoders.add(next);
            }
        }
        return List.copyOf(encoders);
    }
}
