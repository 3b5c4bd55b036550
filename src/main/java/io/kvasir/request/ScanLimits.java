package io.kvasir.request;

/**
 * What a body may ask of the scanner. A body beyond a limit is refused like a malformed one.
 *
 * @param maxDepth nested objects and arrays, at least 1
 * @param maxNumberLength bytes of one number
 * @param maxNameLength bytes of one member name, escapes as written
 * @param maxFieldLength bytes, unescaped, of one string that is kept ({@code model}, {@code user}, {@code cache_salt} …)
 */
public record ScanLimits(int maxDepth, int maxNumberLength, int maxNameLength, int maxFieldLength) {

    /** Largest value of {@link #maxFieldLength}. */
    public static final int FIELD_LENGTH_CEILING = 4096;

    /** Depth, number and name limits as Jackson's defaults have them; strings that are kept up to 2 KiB. */
    public static final ScanLimits DEFAULT = new ScanLimits(1000, 1000, 50_000, 2048);

    public ScanLimits {
        if (maxDepth < 1 || maxNumberLength < 1 || maxNameLength < 1) {
            throw new IllegalArgumentException("scan limits must be positive");
        }
        if (maxFieldLength < 1 || maxFieldLength > FIELD_LENGTH_CEILING) {
            throw new IllegalArgumentException(
                    "maxFieldLength " + maxFieldLength + " is not within 1 to " + FIELD_LENGTH_CEILING);
        }
    }
}
