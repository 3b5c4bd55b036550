package io.kvasir.admission.flow;

/** Checks of single values, in the words that start-up says. */
final class Settings {
    private Settings() {}

    static void positive(String key, long value) {
        if (value <= 0) {
            throw bad(key, Long.toString(value), "above 0");
        }
    }

    static void seconds(String key, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw bad(key, Double.toString(value), least + " to " + most);
        }
    }

    static IllegalArgumentException bad(String key, String value, String allowed) {
        return new IllegalArgumentException(key + ": bad value \"" + value + "\"; allowed: " + allowed);
    }
}
