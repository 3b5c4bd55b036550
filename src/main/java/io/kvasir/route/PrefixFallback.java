package io.kvasir.route;

import io.kvasir.prefix.PrefixSource;
import io.kvasir.schedule.Decision;
import io.kvasir.token.TokenSource;
import org.jspecify.annotations.Nullable;

/** Why an estimate told what an endpoint holds of a prompt, though its KV events are to be followed; reason codes. */
public final class PrefixFallback {
    /** Nobody knows the tokens of the prompt. */
    private static final String NO_TOKENS = "no-tokens";
    /** What its events tell kept changing while it was read. */
    private static final String CONTENDED = "contended";
    /** Its predictions did not come true lately, or its ranks hold different things. */
    private static final String UNSURE = "unsure";

    private PrefixFallback() {}

    /**
     * The reason: the state of its KV events, unless that is well.
     *
     * @param tokens where the tokens of the prompt are known from
     * @return null where its events told, where none are to be had, and where nobody asked
     */
    public static @Nullable String of(Decision decision, TokenSource tokens) {
        var events = decision.endpoint().replica().kvEvents();
        if (decision.prefixSource() != PrefixSource.APPROXIMATE
                || events.state().equals("not-configured")) {
            return null;
        }
        return switch (events.state()) {
            case "complete", "partial" -> {
                if (tokens == TokenSource.ESTIMATE) {
                    yield NO_TOKENS;
                }
                yield decision.prefixDisturbed() ? CONTENDED : UNSURE;
            }
            default -> events.state();
        };
    }
}
