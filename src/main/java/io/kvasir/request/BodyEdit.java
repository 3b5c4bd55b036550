package io.kvasir.request;

/**
 * One byte range of a body replaced by other bytes.
 *
 * @param start bytes of the body before the replacement
 * @param end bytes of the body up to where it goes on; {@code start} where nothing is taken out
 * @param replacement what stands in between, maybe nothing; not to be written to
 */
@SuppressWarnings("ArrayRecordComponent") // shared on purpose: the bytes go out as they are
public record BodyEdit(long start, long end, byte[] replacement) {
    public BodyEdit {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("no byte range: " + start + " to " + end);
        }
    }
}
