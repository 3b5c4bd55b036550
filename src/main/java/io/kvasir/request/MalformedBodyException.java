package io.kvasir.request;

/**
 * A body that is not the JSON its dialect demands, or that exceeds a {@link ScanLimits limit}. Carries no stack trace:
 * it describes the client's bytes and not our code.
 */
public final class MalformedBodyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long offset;
    private final String reason;

    /**
     * @param offset bytes of the body before the one at fault; the body's length where it ends too early
     * @param reason one line for the client, free of the body's own content
     */
    public MalformedBodyException(long offset, String reason) {
        super(reason + " at byte " + offset, null, false, false);
        this.offset = offset;
        this.reason = reason;
    }

    /** Bytes of the body before the one at fault; the body's length where it ends too early. */
    public long offset() {
        return offset;
    }

    /** What is wrong, in one line without the offset. */
    public String reason() {
        return reason;
    }
}
