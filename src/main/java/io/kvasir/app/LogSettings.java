package io.kvasir.app;

import java.util.Locale;
import java.util.logging.Level;

/**
 * How log lines look. Our own names of these flags outrank those of other pickers.
 *
 * @param json whether each is a JSON object
 * @param level the least that is logged, as the framework calls it
 * @param ownLevel the same for Kvasir's own lines
 */
record LogSettings(boolean json, String level, String ownLevel) {
    private static final String DEBUG = "DEBUG";
    private static final int DEBUG_VERBOSITY = 4;

    static LogSettings of(FlagValues values) {
        String level = level(values.text(Flag.LOG_LEVEL));
        String own = level;
        if (!values.given(Flag.LOG_LEVEL) && values.given(Flag.ZAP_LOG_LEVEL)) {
            own = zapLevel(values);
            level = own.equals(DEBUG) ? level : own;
        } else if (!values.given(Flag.LOG_LEVEL) && values.given(Flag.V)) {
            own = values.number(Flag.V, 0, Byte.MAX_VALUE) >= DEBUG_VERBOSITY ? DEBUG : level;
        }
        return new LogSettings(json(values), level, own);
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
                    throw ConfigurationException.bad(Flag.ZAP_LOG_LEVEL.key(), text, Flag.ZAP_LOG_LEVEL.form());
                }
                yield Integer.parseInt(text) >= DEBUG_VERBOSITY ? DEBUG : "INFO";
            }
        };
    }

    private static String level(String text) {
        try {
            return text.equals(DEBUG) || text.equals("WARN") || text.equals("ERROR")
                    ? text
                    : Level.parse(text).getName();
        } catch (IllegalArgumentException _) {
            throw ConfigurationException.bad(Flag.LOG_LEVEL.key(), text, "ERROR, WARN, INFO, DEBUG");
        }
    }
}
