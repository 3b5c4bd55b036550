package io.kvasir.proxy;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * The time as HTTP's {@code date} has it, RFC 9110 §5.6.7, written once a second. Used by one thread. Names of days and months
 * are the specification's; a formatter would look up those of all languages at the first answer.
 */
final class HttpDate {
    private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

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
            text = written(LocalDateTime.ofEpochSecond(now, 0, ZoneOffset.UTC));
        }
        return text;
    }

    private static String written(LocalDateTime at) {
        var out = new StringBuilder(29)
                .append(DAYS[at.getDayOfWeek().getValue() - 1])
                .append(", ");
        twoDigits(out, at.getDayOfMonth());
        out.append(' ').append(MONTHS[at.getMonthValue() - 1]).append(' ');
        twoDigits(out, at.getYear() / 100);
        twoDigits(out, at.getYear() % 100);
        out.append(' ');
        twoDigits(out, at.getHour());
        out.append(':');
        twoDigits(out, at.getMinute());
        out.append(':');
        twoDigits(out, at.getSecond());
        return out.append(" GMT").toString();
    }

    private static void twoDigits(StringBuilder out, int number) {
        out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }
}
