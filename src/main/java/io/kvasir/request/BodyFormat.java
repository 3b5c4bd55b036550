package io.kvasir.request;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a body is to be read.
 *
 * @param dialect what it speaks
 * @param strict whether a body that is not what the dialect demands is refused; else it passes unread
 * @param boundary the delimiter of a form's parts (RFC 2046 §5.1.1) without its hyphens; null where the body is JSON
 */
public record BodyFormat(
        Dialect dialect, boolean strict, @Nullable String boundary) {
    private static final String FORM = "multipart/form-data";
    /** As the RFC has it. */
    private static final int LONGEST_BOUNDARY = 70;

    /** JSON of that dialect. */
    public static BodyFormat of(Dialect dialect) {
        return new BodyFormat(dialect, dialect.strict(), null);
    }

    /**
     * By path and content type. Only uploads come as forms; an API of JSON stays one whatever its content type says.
     *
     * @param contentType null for none
     */
    public static BodyFormat of(Dialect dialect, @Nullable String contentType) {
        return new BodyFormat(
                dialect, dialect.strict(), contentType == null || dialect.strict() ? null : boundary(contentType));
    }

    /** The same for a dialect that was guessed, so that nobody may be refused by it. */
    public BodyFormat lenient() {
        return new BodyFormat(dialect, false, boundary);
    }

    /** Whether anything is known of what the body says. */
    public boolean told() {
        return dialect != Dialect.PASSTHROUGH || boundary != null;
    }

    private static @Nullable String boundary(String contentType) {
        if (!contentType.regionMatches(true, 0, FORM, 0, FORM.length())) {
            return null;
        }
        int at = contentType.toLowerCase(Locale.ROOT).indexOf("boundary=");
        if (at < 0) {
            return null;
        }
        int from = at + "boundary=".length();
        boolean quoted = from < contentType.length() && contentType.charAt(from) == '"';
        int start = quoted ? from + 1 : from;
        int end = contentType.indexOf(quoted ? '"' : ';', start);
        String boundary = (end < 0 ? contentType.substring(start) : contentType.substring(start, end)).stripTrailing();
        boolean valid = !boundary.isEmpty()
                && boundary.length() <= LONGEST_BOUNDARY
                && boundary.chars().allMatch(c -> c >= ' ' && c < 0x7f);
        return valid ? boundary : null;
    }
}
