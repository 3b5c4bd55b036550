package io.kvasir.app;

import java.util.Locale;
import java.util.logging.Level;
import java.util.regex.Pattern;

/**
 * How log lines look. Our own names of these flags outrank those of other pickers.
 *
 * @param json whether each is a JSON object
 * @param level the least that is logged, as the framework calls it
 * @param ownLevel the same for Kvasir's own lines
 * @param access whether each request gets a line
 */
record LogSettings(boolean json, String level, String ownLevel, boolean access) {
    private static final String DEBUG = "DEBUG";
    private static final int DEBUG_VERBOSITY = 4;
    private static final Pattern NAME = Pattern.compile("[A-Z]+");

    static LogSettings of(FlagValues values) {
        String level = level(values.text(Flag.LOG_LEVEL));
        String own = level;
        if (!values.given(Flag.LOG_LEVEL) && values.given(Flag.ZAP_LOG_LEVEL)) {
            own = zapLevel(values);
            level = own.equals(DEBUG) ? level : own;
        } else if (!values.given(Flag.LOG_LEVEL) && values.given(Flag.V)) {
            own = values.whole(Flag.V, 0, Byte.MAX_VALUE) >= DEBUG_VERBOSITY ? DEBUG : level;
        }
        return new LogSettings(json(values), level, own, values.on(Flag.ACCESS_LOG));
    }

    private static boolean json(FlagValues values) {
        return values.given(Flag.LOG_FORMAT) || !values.given(Flag.ZAP_ENCODER)
                ? values.oneOf(Flag.LOG_FORMAT, "text", "json").equals("json")
                : values.oneOf(Flag.ZAP_ENCODER, "json", "console").equals("json");
    }

    /** Numbers are verbosity there; a panic is an error here. */
    private static String zapLevel(FlagValues values) {
        String text = values.text(Flag.ZAP_LOG_LEVEL).toLowerCase(Locale.ROOT);
        return switch (text) {
            case "debug" -> DEBUG;
            case "info" -> "INFO";
            case "warn" -> "WARN";
            case "error", "panic" -> "ERROR";
            default -> {
                if (!text.matches("\\d{1,3}")) {
                    throw ConfigurationException.bad(
                            Flag.ZAP_LOG_LEVEL.key(), values.text(Flag.ZAP_LOG_LEVEL), Flag.ZAP_LOG_LEVEL.form());
                }
                yield Integer.parseInt(text) >= DEBUG_VERBOSITY ? DEBUG : "INFO";
            }
        };
    }

    private static String level(String told) {
        String text = told.toUpperCase(Locale.ROOT);
        try {
            return text.equals(DEBUG) || text.equals("WARN") || text.equals("ERROR")
                    ? text
                    : NAME.matcher(text).matches() ? Level.parse(text).getName() : notALevel(told);
        } catch (IllegalArgumentException _) {
            return notALevel(told);
        }
    }

    private static String notALevel(String told) {
        throw ConfigurationException.bad(Flag.LOG_LEVEL.key(), told, "ERROR, WARN, INFO, DEBUG");
    }
}
