package io.kvasir.request;

/**
 * Durations as Go writes them ({@code time.ParseDuration}), without a sign: numbers with units one after the other, such as
 * {@code 1500ms}, {@code 1m30s} or {@code .5h}, or a lone {@code 0}.
 */
public final class GoDuration {
    /** What is no duration, or longer than 30 years. */
    public static final long NONE = -1;

    private static final double MOST_NANOS = 1e18;
    private static final int MOST_CHARACTERS = 64;

    private final String text;
    private int at;

    private GoDuration(String text) {
        this.text = text;
    }

    /** Its nanoseconds; {@link #NONE} for what is none. */
    public static long nanos(String text) {
        if (text.equals("0")) {
            return 0;
        }
        return text.isEmpty() || text.length() > MOST_CHARACTERS ? NONE : new GoDuration(text).sum();
    }

    private long sum() {
        double nanos = 0;
        while (at < text.length()) {
            double number = number();
            double unit = unit();
            if (Double.isNaN(number) || Double.isNaN(unit)) {
                return NONE;
            }
            nanos += number * unit;
        }
        return nanos <= MOST_NANOS ? (long) nanos : NONE;
    }

    private double number() {
        int start = at;
        int digits = digits();
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            digits += digits();
        }
        return digits == 0 ? Double.NaN : Double.parseDouble(text.substring(start, at));
    }

    private int digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - start;
    }

    private double unit() {
        int start = at;
        while (at < text.length() && text.charAt(at) != '.' && (text.charAt(at) < '0' || text.charAt(at) > '9')) {
            at++;
        }
        return switch (text.substring(start, at)) {
            case "ns" -> 1;
            case "us", "\u00b5s", "\u03bcs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            case "h" -> 3600e9;
            default -> Double.NaN;
        };
    }
}
