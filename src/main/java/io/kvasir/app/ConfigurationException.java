package io.kvasir.app;

/** A start that cannot be: one line that names the key, the bad value and the allowed ones. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String line) {
        super(line, null, false, false);
    }

    static ConfigurationException bad(String key, String value, String allowed) {
        return new ConfigurationException(key + ": " + value + "; allowed: " + allowed);
    }
}
