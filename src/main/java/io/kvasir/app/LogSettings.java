package io.kvasir.app;

import java.util.logging.Level;

/**
 * How log lines look.
 *
 * @param json whether each is a JSON object
 * @param level the least that is logged, as the framework calls it
 */
record LogSettings(boolean json, String level) {

    static LogSettings of(FlagValues values) {
        return new LogSettings(
                values.oneOf(Flag.LOG_FORMAT, "text", "json").equals("json"), level(values.text(Flag.LOG_LEVEL)));
    }

    private static String level(String text) {
        try {
            return text.equals("DEBUG") || text.equals("WARN") || text.equals("ERROR")
                    ? text
                    : Level.parse(text).getName();
        } catch (IllegalArgumentException _) {
            throw ConfigurationException.bad(Flag.LOG_LEVEL.key(), text, "ERROR, WARN, INFO, DEBUG");
        }
    }
}
