package io.kvasir.route;

import io.kvasir.prefix.PromptKeyer;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.request.BodyEdits;
import io.kvasir.token.TextPrompt;
import io.kvasir.token.TokenIds;
import io.kvasir.token.TokenSource;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The search for the tokens of one prompt of text, while its request waits. Keys are made where the tokens were found, so
 * that the request's loop only takes them over.
 */
final class TokenSearch {
    private record Known(TokenSource source, PromptKeys keys, int tokens) {}

    private final Router router;
    private volatile @Nullable Known known;

    TokenSearch(Router router) {
        this.router = router;
    }

    /** Whether more could be said of where a request should go if the tokens of its prompt were known. */
    static boolean wanted(Router router, Passage passage) {
        return passage.waiter() != null
                && !router.tokenIds().equals(TokenIds.NONE)
                && passage.asked().dialect().generates()
                && !passage.asked().opaque()
                && router.view().wantsTokens()
                && !passage.reading().keys().ofTokens();
    }

    /**
     * Begins.
     *
     * @param done run once, on any thread, when it is over
     * @return whether anybody looks
     */
    boolean begin(Passage passage, Waiter waiter, Runnable done) {
        try {
            var prompt = new TextPrompt(
                    passage.model(), passage.request(), passage.hints().subset(), body(passage, waiter));
            return router.tokenIds().find(prompt, found -> {
                try {
                    if (found.ids().length > 0) {
                        var keys = PromptKeyer.of(found.ids(), router.view().schemes());
                        known = new Known(found.source(), keys, found.ids().length);
                    }
                } finally {
                    done.run();
                }
            });
        } catch (RuntimeException e) {
            router.tokenFailed(e);
            return false;
        }
    }

    private static @Nullable List<ByteBuffer> body(Passage passage, Waiter waiter) {
        var pieces = passage.hints().early() ? null : waiter.body();
        var asked = passage.asked();
        if (pieces != null
                && asked.modelRange() != null
                && !passage.model().isEmpty()
                && !passage.model().equals(asked.model())) {
            return BodyEdits.model(asked, passage.model()).apply(pieces);
        }
        return pieces;
    }

    /** The request, with what was found; as it was where nothing was. */
    Passage found(Passage passage) {
        var all = known;
        if (all == null) {
            return passage;
        }
        passage.reading().found(all.keys, all.source);
        return passage.knowing(passage.request().withTokens(all.tokens));
    }
}
