package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One byte range of a body replaced by other bytes; the rest of the body is forwarded as received.
 *
 * @param start bytes of the body before the replacement
 * @param end bytes of the body up to where it goes on
 * @param replacement what stands in between; not to be written to
 */
@SuppressWarnings("ArrayRecordComponent") // shared on purpose: the bytes go out as they are
public record BodyEdit(long start, long end, byte[] replacement) {
    private static final String HEX = "0123456789abcdef";

    public BodyEdit {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("no byte range: " + start + " to " + end);
        }
    }

    /**
     * Sets the model that an engine will read. The value of {@code model} is replaced, the last where there are several;
     * a body without that member gets one in front of its others. In a form it is a field.
     *
     * @param request read to its end from the body to be edited, not {@link Request#opaque}
     * @param model the name to set, escaped as needed
     */
    public static BodyEdit model(Request request, String model) {
        if (request.opaque()) {
            throw new IllegalArgumentException("a body that is no JSON object has no model");
        }
        ByteRange range = request.modelRange();
        String boundary = request.boundary();
        if (boundary != null) {
            return range != null
                    ? new BodyEdit(range.start(), range.end(), model.getBytes(UTF_8))
                    : new BodyEdit(request.rootStart(), request.rootStart(), FormScanner.part(boundary, model));
        }
        if (range != null) {
            return new BodyEdit(range.start(), range.end(), quoted(model).getBytes(UTF_8));
        }
        String member = "\"model\":" + quoted(model) + (request.emptyRoot() ? "" : ",");
        return new BodyEdit(request.rootStart(), request.rootStart(), member.getBytes(UTF_8));
    }

    /** Length of the edited body. */
    public long lengthAfter(long bodyBytes) {
        return bodyBytes - (end - start) + replacement.length;
    }

    /**
     * The edited body.
     *
     * @param chunks the whole body in order; neither they nor their positions are changed
     * @return views of the chunks and the replacement, in order, none of them empty
     */
    public List<ByteBuffer> apply(List<ByteBuffer> chunks) {
        var pieces = new ArrayList<ByteBuffer>(chunks.size() + 2);
        long at = 0;
        boolean placed = false;
        for (ByteBuffer chunk : chunks) {
            int n = chunk.remaining();
            int before = (int) Math.clamp(start - at, 0, n);
            int after = (int) Math.clamp(end - at, 0, n);
            add(pieces, chunk, 0, before);
            if (!placed && start <= at + n) {
                placed = true;
                pieces.add(ByteBuffer.wrap(replacement));
            }
            add(pieces, chunk, after, n);
            at += n;
        }
        if (at < end || !placed) {
            throw new IllegalArgumentException("the edit ends at byte " + end + ", the body at " + at);
        }
        return pieces;
    }

    private static void add(List<ByteBuffer> pieces, ByteBuffer chunk, int from, int to) {
        if (to > from) {
            pieces.add(chunk.slice(chunk.position() + from, to - from));
        }
    }

    /** As a JSON string. */
    static String quoted(String text) {
        var json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                json.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    json.append(HEX.charAt(c >> shift & 0xF));
                }
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
