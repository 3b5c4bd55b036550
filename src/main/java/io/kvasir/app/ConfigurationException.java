package io.kvasir.app;

import io.kvasir.failure.FailureText;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** A start that cannot be: one line that names the key, the bad value and the allowed ones. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 80;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    public ConfigurationException(String line) {
        super(plain(line), null, false, false);
    }

    static ConfigurationException bad(String key, String value, String allowed) {
        return new ConfigurationException(key + ": " + shown(value) + "; allowed: " + allowed);
    }

    /** A file that a key names cannot be read. */
    static ConfigurationException unreadable(String key, Path file, Exception failure) {
        return new ConfigurationException(
                key + ": " + shown(file.toString()) + " cannot be read: " + shown(FailureText.of(failure)));
    }

    /** A text from outside as it may stand in a line: not too long. */
    static String shown(String value) {
        return value.length() > SHOWN ? value.substring(0, SHOWN) + "…" : value;
    }

    /** On one line. */
    static String plain(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }
}
