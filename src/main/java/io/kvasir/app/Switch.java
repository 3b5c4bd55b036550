package io.kvasir.app;

import java.util.Set;

/** The words for yes and no that the flag parser of other endpoint pickers takes. */
final class Switch {
    private static final Set<String> ON = Set.of("true", "True", "TRUE", "t", "T", "1");
    private static final Set<String> OFF = Set.of("false", "False", "FALSE", "f", "F", "0");

    private Switch() {}

    static boolean isLiteral(String word) {
        return isOn(word) || isOff(word);
    }

    static boolean isOn(String word) {
        return ON.contains(word);
    }

    static boolean isOff(String word) {
        return OFF.contains(word);
    }
}
