package io.kvasir.load.replay;

/**
 * What a user of a request asks for; goodput counts the requests that get it.
 *
 * @param ttftSeconds longest time to the first token; NaN for any
 * @param tpotSeconds longest mean time of an output token after the first; NaN for any
 */
public record Slo(double ttftSeconds, double tpotSeconds) {
    /** Whether an answer that came in such times is good. */
    public boolean met(double ttft, double tpot) {
        return !(ttft > ttftSeconds) && !(tpot > tpotSeconds) && !Double.isNaN(ttft);
    }
}
