package io.kvasir.prefix;

import io.kvasir.request.PromptSink.Part;

/** Keys of prompts that are given as token ids, for tests of what views hold. */
public final class KeysOfTokens {
    private static final int PLACES = 4;

    private KeysOfTokens() {}

    /** The keys of one prompt by these schemes. */
    public static PromptKeys of(KeySchemes schemes, int... prompt) {
        var keyer = new PromptKeyer();
        keyer.reset(schemes);
        keyer.begin(Part.PROMPT);
        for (int id : prompt) {
            keyer.token(id);
        }
        keyer.end(Part.PROMPT);
        return keyer.finish();
    }

    /** Leading tokens of the prompt that the endpoint at place 0 is believed to hold for a model, without adapter or salt. */
    public static int held(PrefixView view, String model, int... prompt) {
        var answer = new PrefixMatches();
        view.match(PrefixNamespace.of(model, null, null), of(view.schemes(), prompt), PLACES, answer);
        return answer.tokens(0);
    }
}
