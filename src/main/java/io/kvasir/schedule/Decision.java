package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes.
 *
 * @param endpoint the first choice
 * @param fallbacks the next best, best first; at most {@link Profile#FALLBACKS}
 * @param prefill the endpoint that should prefill for {@code endpoint}; null for none
 * @param prefillCachedTokens leading prompt tokens that {@code prefill} is believed to hold
 * @param pairing why there is a prefill endpoint, or none
 * @param encoders endpoints that should encode its media; empty for none
 * @param encoding why there are some, or none
 * @param reason why this endpoint
 * @param candidates how many were left to choose from
 * @param cachedTokens leading prompt tokens that {@code endpoint} is believed to hold
 * @param bestCachedTokens the most that any candidate is believed to hold
 * @param prefixSource what {@code cachedTokens} rests on; null where no view of prefixes was asked
 * @param prefixDisturbed whether it rests on that only since what events tell of {@code endpoint} kept changing meanwhile
 * @param predictedTtftSeconds predicted time to first token; NaN where no time model ran
 */
public record Decision(
        Endpoint endpoint,
        List<Endpoint> fallbacks,
        @Nullable Endpoint prefill,
        int prefillCachedTokens,
        PairReason pairing,
        List<Endpoint> encoders,
        EncodeReason encoding,
        PickReason reason,
        int candidates,
        int cachedTokens,
        int bestCachedTokens,
        @Nullable PrefixSource prefixSource,
        boolean prefixDisturbed,
        double predictedTtftSeconds) {

    /** The same pick for another reason. */
    public Decision because(PickReason other) {
        return new Decision(
                endpoint,
                fallbacks,
                prefill,
                prefillCachedTokens,
                pairing,
                encoders,
                encoding,
                other,
                candidates,
                cachedTokens,
                bestCachedTokens,
                prefixSource,
                prefixDisturbed,
                predictedTtftSeconds);
    }

    /** The same pick without a prefill endpoint, for that reason. */
    Decision alone(PairReason why) {
        return with(null, 0, why, predictedTtftSeconds, fallbacks);
    }

    /**
     * The same pick with others that encode its media.
     *
     * @param by who does; empty for nobody
     * @param why somebody does, or nobody
     */
    Decision encoded(List<Endpoint> by, EncodeReason why) {
        return new Decision(
                endpoint,
                fallbacks,
                prefill,
                prefillCachedTokens,
                pairing,
                by,
                why,
                reason,
                candidates,
                cachedTokens,
                bestCachedTokens,
                prefixSource,
                prefixDisturbed,
                predictedTtftSeconds);
    }

    /**
     * The same pick with a prefill endpoint.
     *
     * @param ttftSeconds predicted time to first token; left out where no time model ran
     * @param left the fallbacks that can be paired with it
     */
    Decision paired(Endpoint by, int byCachedTokens, double ttftSeconds, List<Endpoint> left) {
        double ttft = Double.isNaN(predictedTtftSeconds) ? predictedTtftSeconds : ttftSeconds;
        return with(by, byCachedTokens, PairReason.PAIRED, ttft, left);
    }

    private Decision with(
            @Nullable Endpoint by, int byCachedTokens, PairReason why, double ttftSeconds, List<Endpoint> left) {
        return new Decision(
                endpoint,
                left,
                by,
                byCachedTokens,
                why,
                encoders,
                encoding,
                reason,
                candidates,
                cachedTokens,
                bestCachedTokens,
                prefixSource,
                prefixDisturbed,
                ttftSeconds);
    }
}
