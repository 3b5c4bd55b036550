package io.kvasir.token.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** {@code strftime}, in English. */
final class DateFormat {
    private DateFormat() {}

    static String format(String pattern, ZonedDateTime time) {
        var out = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c != '%' || i + 1 == pattern.length()) {
                out.append(c);
                continue;
            }
            char field = pattern.charAt(++i);
            if (field == '-' && i + 1 < pattern.length()) {
                String padded = field(pattern.charAt(++i), time);
                out.append(padded.length() > 1 && padded.charAt(0) == '0' ? padded.substring(1) : padded);
            } else {
                out.append(field(field, time));
            }
        }
        return out.toString();
    }

    private static String field(char field, ZonedDateTime time) {
        String pattern = switch (field) {
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'B' -> "MMMM";
            case 'b' -> "MMM";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'p' -> "a";
            case 'j' -> "DDD";
            case 'Z' -> "zzz";
            case '%' -> "'%'";
            default -> throw new TemplateException("strftime_now does not know %" + field);
        };
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
    }
}
