package io.kvasir.traffic;

/**
 * How much the requests that name it matter, and how fast is fast enough for those that do not say.
 *
 * @param priority higher is served first, below {@link Objectives#DEFAULT_PRIORITY} it may be shed
 * @param ttftSlo seconds until the first token that are enough; NaN where it does not say
 * @param tpotSlo seconds between two tokens that are enough; NaN where it does not say
 */
public record Objective(int priority, double ttftSlo, double tpotSlo) {
    private static final double LONGEST_SECONDS = 86_400;

    /** One that says only how much its requests matter. */
    public static Objective of(int priority) {
        return new Objective(priority, Double.NaN, Double.NaN);
    }

    /**
     * Seconds of a text in ms.
     *
     * @return NaN for what is no number, not above 0 or over a day
     */
    public static double seconds(String millis) {
        try {
            double seconds = Double.parseDouble(millis.strip()) / 1000;
            return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : Double.NaN;
        } catch (NumberFormatException _) {
            return Double.NaN;
        }
    }
}
