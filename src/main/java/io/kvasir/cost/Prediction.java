package io.kvasir.cost;

/**
 * What the time model expects of a request on one endpoint, in seconds of the engines' time: made when it is placed there,
 * to be compared with what happened.
 *
 * @param waiting until the engine begins with it: prompts before it, and until blocks for it are free
 * @param prefill of the tokens that the endpoint does not hold
 * @param transfer of the KV cache to the endpoint that decodes; 0 where that is the one that prefills
 * @param perToken between two tokens of a sequence
 * @param delays by which decoding takes longer because of it: that of others there, and its own where its blocks will not
 *     suffice
 * @param felt what that, its own decoding and those who will come count, in seconds of waiting for a first token, see {@link
 *     DecodeWeight}
 * @param work what was priced
 * @param cachedTokens leading prompt tokens that the endpoint was believed to hold
 * @param by the rates that it was made by
 */
public record Prediction(
        double waiting,
        double prefill,
        double transfer,
        double perToken,
        double delays,
        double felt,
        Work work,
        double cachedTokens,
        ClassRates by) {

    /** Seconds until the first token. */
    public double firstToken() {
        return waiting + prefill + transfer;
    }

    /** Seconds from the first token to the last. */
    public double decode() {
        return work.outputTokens() * perToken;
    }

    /** What all of it counts, in seconds of waiting for a first token: what the default makes least. */
    public double cost() {
        return firstToken() + felt;
    }

    /** Seconds until the last token. */
    public double end() {
        return firstToken() + decode();
    }
}
