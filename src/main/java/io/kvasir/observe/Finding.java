package io.kvasir.observe;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong now, in words.
 *
 * @param code stable name of the kind
 * @param severity {@code error} where requests suffer, {@code warning} where decisions do, {@code info} for what to know
 * @param endpoint name of the endpoint that it is about; null for the pool or the program
 * @param what what is wrong, in a line
 * @param advice what to do, in a line
 * @param about which of the things of that kind it is: an endpoint, a hardware class, a priority; empty where there is one
 */
@RegisterForReflection
public record Finding(
        String code,
        String severity,
        @Nullable String endpoint,
        String what,
        String advice,
        @JsonIgnore String about) {
    static final String ERROR = "error";
    static final String WARNING = "warning";
    static final String INFO = "info";

    /** One about an endpoint, or the only one of its kind. */
    Finding(String code, String severity, @Nullable String endpoint, String what, String advice) {
        this(code, severity, endpoint, what, advice, endpoint == null ? "" : endpoint);
    }

    /** Order of severities, the worst first. */
    int rank() {
        return switch (severity) {
            case ERROR -> 0;
            case WARNING -> 1;
            default -> 2;
        };
    }
}
