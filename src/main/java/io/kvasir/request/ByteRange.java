package io.kvasir.request;

/**
 * A stretch of a body.
 *
 * @param start bytes before it
 * @param end bytes before what follows it, not less than {@code start}
 */
public record ByteRange(long start, long end) {
    public ByteRange {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("no byte range: " + start + " to " + end);
        }
    }

    /** Bytes in the range. */
    public long length() {
        return end - start;
    }
}
