package io.kvasir.cost;

/** What {@link TimeModel#price} finds that a request takes on one endpoint. Reused; not thread-safe. */
public final class Price {
    double waiting;
    double prefill;
    double perToken;
    double perTokenAmidPrompts;
    double behind;
    double displaced;
    final Delays delays = new Delays();

    /** Seconds until the engine begins with it: prompts before it, and until blocks for it are free. */
    public double waiting() {
        return waiting;
    }

    /** Seconds in which its prompts are computed. */
    public double prefill() {
        return prefill;
    }

    /** Seconds until the first token. */
    public double firstToken() {
        return waiting + prefill;
    }

    /** Seconds between two tokens of each of its sequences; 0 where it generates nothing. */
    public double perToken() {
        return perToken;
    }

    /** By how much decoding takes longer for it: that of others there, and its own where its blocks will not suffice. */
    public Delays delays() {
        return delays;
    }

    /** The same with the prompts between them of those who will come, as they came lately. */
    public double perTokenAmidPrompts() {
        return perTokenAmidPrompts;
    }

    /** Seconds that those who will come lose until their first tokens because of it, all together. */
    public double behind() {
        return behind;
    }

    /** Seconds in which what it drives out of the cache is computed again; those who decode meanwhile are in the delays. */
    public double displaced() {
        return displaced;
    }

    /** What its own decoding, those delays and those who will come count, in seconds of waiting for a first token. */
    public double felt(DecodeWeight weight, Work work) {
        return weight.answer(work.outputTokens(), perTokenAmidPrompts) + weight.count(delays) + behind + displaced;
    }
}
