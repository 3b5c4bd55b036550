package io.kvasir.config;

import io.kvasir.request.GoDuration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values as the queue's configuration has them: durations as Go writes them, amounts as Kubernetes does. */
final class FlowValues {
    private static final String DURATION = "a duration such as 500ms or 1m30s";
    private static final String AMOUNT = "a whole number, with a suffix such as k, M or Gi where it is long";
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})(k|K|M|G|T|Ki|Mi|Gi|Ti)?");
    private static final Map<String, Long> SUFFIXES = Map.of(
            "k", 1_000L,
            "K", 1_000L,
            "M", 1_000_000L,
            "G", 1_000_000_000L,
            "T", 1_000_000_000_000L,
            "Ki", 1L << 10,
            "Mi", 1L << 20,
            "Gi", 1L << 30,
            "Ti", 1L << 40);

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
        String suffix = quantity.group(2);
        try {
            long amount = Math.multiplyExact(
                    Long.parseLong(quantity.group(1)), suffix == null ? 1 : SUFFIXES.getOrDefault(suffix, 1L));
            return amount == 0 ? otherwise : amount;
        } catch (ArithmeticException e) {
            throw in.bad(key, text, AMOUNT);
        }
    }

    /** Whether; {@code otherwise} where the key is not there. */
    static boolean flag(Fields in, String key, boolean otherwise) throws InvalidConfigException {
        String text = in.text(key);
        if (text == null) {
            return otherwise;
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw in.bad(key, text, "true, false");
        };
    }
}
