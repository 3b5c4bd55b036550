package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What changes in one body, as one operation: byte ranges that do not overlap are replaced, and the rest is forwarded as it
 * was received, without a copy. Immutable.
 */
public final class BodyEdits {
    private static final String HEX = "0123456789abcdef";

    private final List<BodyEdit> edits;

    private BodyEdits(List<BodyEdit> edits) {
        this.edits = edits;
    }

    /**
     * Those edits, in whatever order.
     *
     * @throws IllegalArgumentException where two are of the same bytes, or put something at the same place
     */
    public static BodyEdits of(List<BodyEdit> edits) {
        var sorted = new ArrayList<>(edits);
        sorted.sort(Comparator.comparingLong(BodyEdit::start).thenComparingLong(BodyEdit::end));
        for (int i = 1; i < sorted.size(); i++) {
            var before = sorted.get(i - 1);
            var edit = sorted.get(i);
            boolean samePlace = edit.start() == before.start() && edit.end() == edit.start();
            if (edit.start() < before.end() || samePlace) {
                throw new IllegalArgumentException("two edits of the bytes " + before.start() + " to " + before.end()
                        + " and " + edit.start() + " to " + edit.end());
            }
        }
        return new BodyEdits(sorted);
    }

    /**
     * Begins edits of the body that a request was read from.
     *
     * @param request read to its end, or as far as what changes reaches; not {@link Request#opaque}
     */
    public static Builder of(Request request) {
        return new Builder(request);
    }

    /** Sets the model that an engine will read; see {@link Builder#model}. */
    public static BodyEdits model(Request request, String model) {
        return of(request).model(model).build();
    }

    /** Whether nothing changes. */
    public boolean isEmpty() {
        return edits.isEmpty();
    }

    /** Length of the edited body. */
    public long lengthAfter(long bodyBytes) {
        long length = bodyBytes;
        for (BodyEdit edit : edits) {
            length += edit.replacement().length - (edit.end() - edit.start());
        }
        return length;
    }

    /**
     * The edited body.
     *
     * @param chunks the whole body in order; neither they nor their positions are changed
     * @return views of the chunks and the replacements, in order, none of them empty
     */
    public List<ByteBuffer> apply(List<ByteBuffer> chunks) {
        var pieces = new ArrayList<ByteBuffer>(chunks.size() + 2 * edits.size());
        long at = 0;
        long resume = 0;
        int next = 0;
        for (ByteBuffer chunk : chunks) {
            int n = chunk.remaining();
            while (next < edits.size() && edits.get(next).start() <= at + n) {
                var edit = edits.get(next++);
                add(pieces, chunk, resume - at, edit.start() - at);
                if (edit.replacement().length > 0) {
                    pieces.add(ByteBuffer.wrap(edit.replacement()));
                }
                resume = edit.end();
            }
            add(pieces, chunk, resume - at, n);
            at += n;
        }
        if (next < edits.size() || at < resume) {
            throw new IllegalArgumentException(
                    "the edits end at byte " + edits.getLast().end() + ", the body at " + at);
        }
        return pieces;
    }

    private static void add(List<ByteBuffer> pieces, ByteBuffer chunk, long from, long to) {
        int first = (int) Math.clamp(from, 0, chunk.remaining());
        if (to > first) {
            pieces.add(chunk.slice(chunk.position() + first, (int) to - first));
        }
    }

    /** Collects the edits of one body. */
    public static final class Builder {
        private final Request request;
        private final List<BodyEdit> edits = new ArrayList<>(2);
        /** Members to be put in front of the body's own. */
        private final Map<BodyField, String> added = new LinkedHashMap<>(2);

        private Builder(Request request) {
            if (request.opaque()) {
                throw new IllegalArgumentException("a body that is no JSON object has no members");
            }
            this.request = request;
        }

        /**
         * Sets the model that an engine will read, in a form too.
         *
         * @param model the name, escaped as needed
         */
        public Builder model(String model) {
            String boundary = request.boundary();
            if (boundary == null) {
                return set(BodyField.MODEL, quoted(model));
            }
            ByteRange range = request.modelRange();
            edits.add(
                    range != null
                            ? new BodyEdit(range.start(), range.end(), model.getBytes(UTF_8))
                            : new BodyEdit(
                                    request.rootStart(), request.rootStart(), FormScanner.part(boundary, model)));
            return this;
        }

        /**
         * Sets a field of a JSON body. The value that counts is replaced where it stands, the last where there are several;
         * an object without that member gets one in front of its others. What stands where an object has to be gives way to
         * one.
         *
         * @param json the value
         * @throws IllegalArgumentException for a form, and where the dialect does not keep the field there
         */
        public Builder set(BodyField field, String json) {
            if (request.boundary() != null) {
                throw new IllegalArgumentException("a form has no member " + field.memberName());
            }
            ByteRange range = request.ranges().of(field);
            if (range != null) {
                edits.add(new BodyEdit(range.start(), range.end(), json.getBytes(UTF_8)));
                return this;
            }
            if (field == BodyField.INCLUDE_USAGE) {
                return setIn(BodyField.STREAM_OPTIONS, field, json);
            }
            if (!DialectMembers.isTopLevel(request.dialect(), field)) {
                throw new IllegalArgumentException(request.dialect() + " has no member " + field.memberName());
            }
            if (added.put(field, json) != null) {
                throw new IllegalArgumentException("two edits of " + field.memberName());
            }
            return this;
        }

        /** Sets a member that the object of another field lacks; what is there and no object gives way to one. */
        private Builder setIn(BodyField object, BodyField field, String json) {
            String member = quoted(field.memberName()) + ":" + json;
            ByteRange range = request.ranges().of(object);
            if (range == null || !request.ranges().isObject(object)) {
                return set(object, "{" + member + "}");
            }
            String first = request.ranges().hasMembers(object) ? member + "," : member;
            edits.add(new BodyEdit(range.start() + 1, range.start() + 1, first.getBytes(UTF_8)));
            return this;
        }

        /**
         * All of them as one.
         *
         * @throws IllegalArgumentException where two are of the same member, or of one and the object that it stands in
         */
        public BodyEdits build() {
            if (added.isEmpty()) {
                return BodyEdits.of(edits);
            }
            var members = new StringJoiner(",", "", request.emptyRoot() ? "" : ",");
            added.forEach((field, json) -> members.add(quoted(field.memberName()) + ":" + json));
            var all = new ArrayList<>(edits);
            all.add(new BodyEdit(
                    request.rootStart(), request.rootStart(), members.toString().getBytes(UTF_8)));
            return BodyEdits.of(all);
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
