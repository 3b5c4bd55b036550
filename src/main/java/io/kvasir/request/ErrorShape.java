package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/** How an API words its errors; a client that reads one of them cannot make sense of the other. */
public enum ErrorShape {
    /** {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
    OPENAI,
    /** {@code {"type":"error","error":{"type":…,"message":…},"request_id":…}}, of {@code /v1/messages} and below. */
    ANTHROPIC;

    /**
     * The shape that the client of a request reads.
     *
     * @param path null where it is not known
     * @param anthropicVersion the header that every client of Anthropic's API sends; null for none
     */
    public static ErrorShape of(@Nullable RequestPath path, @Nullable String anthropicVersion) {
        return anthropicVersion != null || (path != null && path.anthropic()) ? ANTHROPIC : OPENAI;
    }
}
