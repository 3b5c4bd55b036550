package io.kvasir.route;

import io.kvasir.request.PromptCounts;
import io.kvasir.request.Request;

/**
 * How many bytes of text one token of a model takes, learned from what engines report of prompts: a mean that forgets,
 * by the model that requests name. It depends on the tokenizer and on what people write (engines with one tokenizer show
 * 2.5 for logs and 7 for indented code), so it prices requests and never refuses one.
 */
final class TokenSizes {
    private static final double NEW_SHARE = 0.05;
    private static final double LEAST = 1;
    private static final double MOST = 12;
    /** Bytes below which what templates add counts for more than the text. */
    private static final int SHORTEST = 256;

    private final NamedModels<FadingMean> means =
            new NamedModels<>(() -> new FadingMean(PromptCounts.BYTES_PER_TOKEN, 1, NEW_SHARE));

    /** Bytes per token of a model's prompts; {@link PromptCounts#BYTES_PER_TOKEN} until an engine has told of one. */
    double of(String model) {
        var mean = means.find(model);
        return mean == null ? PromptCounts.BYTES_PER_TOKEN : mean.mean();
    }

    /**
     * An engine counted a prompt that was read to its end.
     *
     * @param served whether the endpoint is known to serve that model
     * @param promptTokens as it reports, above 0
     */
    void seen(String model, boolean served, Request request, int promptTokens) {
        var prompt = request.prompt();
        boolean text = prompt.tokenIds() == 0
                && prompt.mediaParts() == 0
                && prompt.truncation() == 0
                && request.previousResponseId() == null
                && prompt.bytes() >= SHORTEST;
        if (!text) {
            return;
        }
        double tokens = Math.max(1, promptTokens - prompt.unwritten());
        means.of(model, served, true).add(Math.clamp(prompt.bytes() / tokens, LEAST, MOST));
    }
}
