package io.kvasir.check;

import java.util.Locale;

/** How bad a finding is. */
enum Severity {
    OK,
    /** Could not be found out; that is no fault. */
    UNKNOWN,
    /** Works, but worse than it could. */
    WARNING,
    /** Does not work. */
    PROBLEM;

    /** Stable name in output. */
    String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
