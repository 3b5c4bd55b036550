package io.kvasir.proxy;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The time as HTTP's {@code date} has it, RFC 9110 §5.6.7, written once a second. Used by one thread. */
final class HttpDate {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private final LongSupplier millis;
    private long second = Long.MIN_VALUE;
    private String text = "";

    /** @param millis the clock, ms since 1970 */
    HttpDate(LongSupplier millis) {
        this.millis = millis;
    }

    String now() {
        long now = Math.floorDiv(millis.getAsLong(), 1000L);
        if (now != second) {
            second = now;
            text = FORMAT.format(Instant.ofEpochSecond(now));
        }
        return text;
    }
}
