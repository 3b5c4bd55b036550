package io.kvasir.cost;

/**
 * By how much decoding takes longer, added up over users: in seconds, and in what {@link DecodeWeight} counts beside them, the
 * squares of the times between tokens. An answer of {@code n} tokens, {@code t} seconds apart, that takes {@code s} seconds
 * longer has {@code n (t + s/n)² - n t² = s (2t + s/n)} more of these. Reused; not thread-safe.
 */
public final class Delays {
    private double seconds;
    private double squares;

    /** None. */
    public void clear() {
        seconds = 0;
        squares = 0;
    }

    /**
     * Answers of so many users take longer.
     *
     * @param users how many, 0 or more
     * @param perToken seconds between two tokens without that
     * @param longer seconds by which each of its tokens is later than that, 0 or more
     * @param tokens of each of which that is so, above 0
     */
    public void add(double users, double perToken, double longer, double tokens) {
        double all = users * tokens * longer;
        seconds += all;
        squares += all * (2 * perToken + longer);
    }

    /** Seconds of all users together. */
    public double seconds() {
        return seconds;
    }

    /** Squares of the seconds between two tokens, of all users and tokens together. */
    public double squares() {
        return squares;
    }
}
