package io.kvasir.failure;

import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Puts a failure into one line for log and console; never {@code null} in words, and never empty. */
public final class FailureText {
    /** Causes of causes further in than this are not looked at: a chain may be a ring. */
    private static final int DEEPEST = 32;

    /** What Netty's native transports put before the system's own words, as "connect(..) failed: ". */
    private static final Pattern SYSTEM_CALL =
            Pattern.compile("^\\w+\\(\\.\\.\\) failed(?: with error\\(-?\\d+\\))?: ");

    private FailureText() {}

    /** What the innermost cause that says anything says, its first line; else the innermost cause's type. */
    public static String of(Throwable failure) {
        String said = null;
        Throwable innermost = failure;
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            innermost = cause;
            String words = words(cause);
            if (words != null) {
                said = words;
            }
            cause = cause.getCause();
        }
        return said == null ? innermost.getClass().getSimpleName() : said;
    }

    /** What the failure itself says, for those that are worded with key and value; else as {@link #of}. */
    public static String outermost(Throwable failure) {
        String words = words(failure);
        return words == null ? of(failure) : words;
    }

    private static @Nullable String words(Throwable failure) {
        String message = failure.getMessage();
        String line = message == null
                ? ""
                : SYSTEM_CALL
                        .matcher(message.lines().findFirst().orElse(""))
                        .replaceFirst("")
                        .strip();
        if (line.isEmpty() || line.equals("null")) {
            return failure instanceof TimeoutException ? "timed out" : null;
        }
        // whose messages are but a name
        return switch (failure) {
            case NoSuchFileException _ -> "no such file: " + line;
            case AccessDeniedException _ -> "permission denied: " + line;
            case UnknownHostException _ -> "unknown host: " + line;
            default -> line;
        };
    }
}
