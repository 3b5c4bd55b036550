package io.kvasir.cluster;

/** Puts failures of the client into words: its own message says only that something went wrong. */
public final class ApiFailure {
    private ApiFailure() {}

    /** What the innermost cause says, its first line; empty where it says nothing. */
    public static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
    }
}
