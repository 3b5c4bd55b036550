package io.kvasir.route;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The header {@code retry-after} (RFC 9110 §10.2.3): seconds, or a date. */
public final class RetryAfter {
    private RetryAfter() {}

    /** How long to wait from now on, in seconds; 0 for no header, one that cannot be read, or a time that is past. */
    public static double seconds(@Nullable String value) {
        return value == null ? 0 : seconds(value, Instant.now());
    }

    /** How long to wait from {@code now}, in seconds; 0 for no header, one that cannot be read, or a time that is past. */
    static double seconds(@Nullable String value, Instant now) {
        if (value == null) {
            return 0;
        }
        String text = value.strip();
        if (text.isEmpty() || text.length() > 64) {
            return 0;
        }
        try {
            if (Character.isDigit(text.charAt(0))) {
                return Double.parseDouble(text);
            }
            var date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Math.max(0, Duration.between(now, date.toInstant()).toMillis() / 1000.0);
        } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
            return 0;
        }
    }
}
