package io.kvasir.config;

import io.kvasir.request.GoDuration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values as the queue's configuration has them: durations as Go writes them, amounts as Kubernetes does. */
final class FlowValues {
    private static final String DURATION = "a duration such as 500ms or 1m30s";
    private static final String AMOUNT = "a whole number, with a suffix such as k, M or Gi where it is long";
    private static final Pattern QUANTITY = Pattern.compile(
            "[+]?(\\d{1,15}(?:\\.\\d{0,15})?|\\.\\d{1,15})(k|K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\\d{1,2})?");
    private static final String DECIMAL = "kMGTPE";
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
        Matcher quantity = QUANTITY.matcher(text);
        if (!quantity.matches()) {
            throw in.bad(key, text, AMOUNT);
        }
        // rounded up, as there
        double amount = Math.ceil(Double.parseDouble(quantity.group(1)) * unit(quantity.group(2)));
        if (amount >= Long.MAX_VALUE) {
            throw in.bad(key, text, AMOUNT);
        }
        return amount == 0 ? otherwise : (long) amount;
    }

    private static double unit(@Nullable String suffix) {
        if (suffix == null) {
            return 1;
        }
        if (suffix.endsWith("i")) {
            return Math.scalb(1.0, 10 * (1 + BINARY.indexOf(suffix.charAt(0))));
        }
        int power = suffix.equals("K") ? 0 : DECIMAL.indexOf(suffix.charAt(0));
        boolean exponent = suffix.length() > 1;
        return exponent ? Double.parseDouble("1" + suffix) : Math.pow(1000, 1 + power);
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
