package io.kvasir.config;

import io.kvasir.request.GoDuration;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values as the queue's configuration has them: durations as Go writes them, amounts as Kubernetes does. */
final class FlowValues {
    private static final String DURATION = "a duration such as 500ms or 1m30s";
    private static final String AMOUNT = "a whole number, with a suffix such as k, M or Gi where it is long";
    private static final Pattern QUANTITY = Pattern.compile(
            "[+]?(\\d{1,19}(?:\\.\\d{0,19})?|\\.\\d{1,19})(n|u|m|k|K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\\d{1,2})?");
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    /** Each a thousand times the one before it; the fourth would be 1. */
    private static final String DECIMAL = "num1kMGTPE";

    private static final String BINARY = "KMGTPE";

    private FlowValues() {}

    /** Seconds; {@code otherwise} where the key is not there. */
    static double seconds(Fields in, String key, double otherwise) throws InvalidConfigException {
        String text = in.text(key);
        if (text == null) {
            return otherwise;
        }
        long nanos = GoDuration.nanos(text);
        if (nanos == GoDuration.NONE) {
            throw in.bad(key, text, DURATION);
        }
        return nanos / 1e9;
    }

    /** A number of things or bytes; {@code otherwise} where the key is not there or says 0, which stands for that. */
    static long amount(Fields in, String key, long otherwise) throws InvalidConfigException {
        String text = in.text(key);
        if (text == null) {
            return otherwise;
        }
        Matcher quantity = QUANTITY.matcher(Fields.digits(text));
        if (!quantity.matches()) {
            throw in.bad(key, text, AMOUNT);
        }
        // rounded up, as there
        var amount = new BigDecimal(quantity.group(1))
                .multiply(unit(quantity.group(2)))
                .setScale(0, RoundingMode.CEILING);
        if (amount.compareTo(MOST) > 0) {
            throw in.bad(key, text, AMOUNT);
        }
        return amount.signum() == 0 ? otherwise : amount.longValueExact();
    }

    private static BigDecimal unit(@Nullable String suffix) {
        if (suffix == null) {
            return BigDecimal.ONE;
        }
        if (suffix.endsWith("i")) {
            return BigDecimal.valueOf(1L << 10 * (1 + BINARY.indexOf(suffix.charAt(0))));
        }
        if (suffix.length() > 1) {
            return new BigDecimal("1" + suffix);
        }
        return BigDecimal.ONE.scaleByPowerOfTen(3 * (DECIMAL.indexOf(suffix.replace('K', 'k')) - DECIMAL.indexOf('1')));
    }

    /** Whether; {@code otherwise} where the key is not there. */
    static boolean flag(Fields in, String key, boolean otherwise) throws InvalidConfigException {
        String text = in.text(key);
        if (text == null) {
            return otherwise;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw in.bad(key, text, "true, false");
        };
    }
}
