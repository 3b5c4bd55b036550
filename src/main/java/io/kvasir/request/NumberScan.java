package io.kvasir.request;

/** Reads JSON numbers byte by byte across chunks; the value is kept of integers only. */
final class NumberScan {
    private static final int START = 0;
    private static final int SIGN = 1;
    private static final int ZERO = 2;
    private static final int INTEGER = 3;
    private static final int POINT = 4;
    private static final int FRACTION = 5;
    private static final int EXPONENT = 6;
    private static final int EXPONENT_SIGN = 7;
    private static final int EXPONENT_DIGITS = 8;

    /** An integer that one more digit takes no further than {@code Long.MAX_VALUE}. */
    private static final long SAFE = Long.MAX_VALUE / 10 - 1;

    private static final long ZEROS = 0x3030303030303030L;
    private static final long ABOVE_NINE = 0x7676767676767676L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long PAIR_MASK = 0x000000FF000000FFL;
    private static final long HIGH_PAIRS = 100 + (1_000_000L << 32);
    private static final long LOW_PAIRS = 1 + (10_000L << 32);

    private int state;
    private boolean negative;
    private boolean ended;
    private long magnitude;

    void begin() {
        state = START;
        negative = false;
        ended = false;
        magnitude = 0;
    }

    /** Whether the last {@link #scan} met the end of the number. */
    boolean ended() {
        return ended;
    }

    boolean integral() {
        return state == ZERO || state == INTEGER;
    }

    long value() {
        return negative ? -magnitude : magnitude;
    }

    /**
     * Reads on.
     *
     * @param shift bytes of the body before index 0, for errors
     * @return the index after the number, or {@code end}
     */
    int scan(byte[] bytes, int from, int end, long shift) {
        for (int i = from; i < end; i++) {
            byte c = bytes[i];
            boolean digit = c >= '0' && c <= '9';
            if (state == INTEGER && digit) {
                magnitude = magnitude > SAFE ? Long.MAX_VALUE : 10 * magnitude + (c - '0');
                continue;
            }
            int next = digit ? afterDigit(c) : afterOther(c);
            if (next < 0) {
                ended = state == ZERO || state == INTEGER || state == FRACTION || state == EXPONENT_DIGITS;
                if (!ended || digit) {
                    throw new MalformedBodyException(shift + i, "unexpected " + JsonLexer.show(c) + " in a number");
                }
                return i;
            }
            state = next;
        }
        return end;
    }

    private int afterDigit(byte c) {
        return switch (state) {
            case START, SIGN -> {
                magnitude = (long) c - '0';
                yield c == '0' ? ZERO : INTEGER;
            }
            case POINT, FRACTION -> FRACTION;
            case EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS -> EXPONENT_DIGITS;
            default -> -1;
        };
    }

    private int afterOther(byte c) {
        boolean exponent = c == 'e' || c == 'E';
        return switch (state) {
            case START -> {
                negative = true;
                yield SIGN;
            }
            case ZERO, INTEGER -> c == '.' ? POINT : exponent ? EXPONENT : -1;
            case FRACTION -> exponent ? EXPONENT : -1;
            case EXPONENT -> c == '+' || c == '-' ? EXPONENT_SIGN : -1;
            default -> -1;
        };
    }

    /** How many decimal digits eight bytes, the first in the lowest, begin with; 0 for none, and for all eight. */
    static int digits(long word) {
        long values = word ^ ZEROS;
        long others = ((values + ABOVE_NINE) | values) & HIGH_BITS;
        return others == 0 ? 0 : Long.numberOfTrailingZeros(others) >>> 3;
    }

    /** The number that the first 1 to 7 of eight bytes write as decimal digits; pairs are joined, then fours, then all. */
    static int value(long word, int digits) {
        long values = (word ^ ZEROS) << (Long.SIZE - Byte.SIZE * digits);
        long pairs = 10 * values + (values >>> 8);
        return (int) (((pairs & PAIR_MASK) * HIGH_PAIRS + ((pairs >>> 16) & PAIR_MASK) * LOW_PAIRS) >>> 32);
    }
}
