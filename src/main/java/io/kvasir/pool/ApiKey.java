package io.kvasir.pool;

/**
 * What an engine demands as {@code Authorization: Bearer} of those who probe it. Its text shows neither in logs nor in
 * messages.
 *
 * @param secret printable ASCII without spaces, 1 to {@value #MOST} characters
 */
public record ApiKey(String secret) {
    private static final int MOST = 4096;

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException in one line that does not show it
     */
    public ApiKey {
        if (secret.isEmpty()
                || secret.length() > MOST
                || secret.chars().anyMatch(character -> character <= ' ' || character > '~')) {
            throw new IllegalArgumentException(
                    "bad value (not shown); allowed: 1 to " + MOST + " printable ASCII characters without spaces");
        }
    }

    /** The value of the header. */
    public String authorization() {
        return "Bearer " + secret;
    }

    @Override
    public String toString() {
        return "(not shown)";
    }
}
