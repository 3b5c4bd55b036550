package io.kvasir.schedule;

import io.kvasir.prefix.PrefixMatches;
import java.util.Set;

/** Says whether a request is worth a prefill endpoint beside the decode endpoint that was picked for it. */
public sealed interface PdDecider extends Plugin {
    @Override
    default Set<Need> needs() {
        return Set.of(Need.PREFIX, Need.PREDICTIONS);
    }

    /**
     * Whether a prefill endpoint is to be looked for.
     *
     * @param decode the decision as it is without one
     */
    boolean wants(SchedulingContext context, Decision decode);

    /**
     * Whether the one that was found is to be used.
     *
     * @param aloneSeconds predicted time to first token without it
     * @param pairSeconds predicted time to first token with it
     */
    default boolean keeps(double aloneSeconds, double pairSeconds) {
        return true;
    }

    /** Decode endpoints prefill for themselves. */
    record Never() implements PdDecider {
        @Override
        public String name() {
            return "never-disagg-pd-decider";
        }

        @Override
        public Set<Need> needs() {
            return Set.of();
        }

        @Override
        public boolean wants(SchedulingContext context, Decision decode) {
            return false;
        }
    }

    /** Prefill endpoints do it, where there are any. */
    record Always() implements PdDecider {
        @Override
        public String name() {
            return "always-disagg-pd-decider";
        }

        @Override
        public boolean wants(SchedulingContext context, Decision decode) {
            return true;
        }
    }

    /**
     * The field's {@code prefix-based-pd-decider}: by the tokens that the decode endpoint does not hold.
     *
     * @param uncachedTokens least number of them; 0 is never
     * @param promptTokens least length of the prompt
     */
    record UncachedTokens(int uncachedTokens, int promptTokens) implements PdDecider {
        @Override
        public String name() {
            return "prefix-based-pd-decider";
        }

        @Override
        public boolean wants(SchedulingContext context, Decision decode) {
            long prompt = context.request().promptTokens();
            return uncachedTokens > 0
                    && prompt >= promptTokens
                    && context.matches().outcome() != PrefixMatches.Outcome.CONTENDED
                    && prompt - decode.cachedTokens() >= uncachedTokens;
        }
    }

    /** Where the first token is predicted to come sooner. What decoding gains undisturbed is not counted. */
    record SoonerFirstToken() implements PdDecider {
        @Override
        public String name() {
            return "first-token-pd-decider";
        }

        @Override
        public boolean wants(SchedulingContext context, Decision decode) {
            return context.request().promptTokens() > decode.cachedTokens();
        }

        @Override
        public boolean keeps(double aloneSeconds, double pairSeconds) {
            return pairSeconds < aloneSeconds;
        }
    }
}
