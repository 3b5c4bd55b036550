package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the model's name in a body while it passes, as {@link BodyEdits} do in a body that is held: in JSON, or in the
 * JSON of each event. Every other byte stays as it is. Whatever string stands in a model's place is replaced, because
 * engines may answer with another of their names than the one they were asked for.
 *
 * <p>Bytes are held back only within a name that a chunk's end has cut, {@value #MOST_HELD} at most; a longer string is
 * no name and stays. What is no JSON stays as well, from the first byte that shows it: to the end of a body, or of an
 * event. Not thread-safe.
 */
public final class StreamedModelEdit {
    /** How a body is written. */
    public enum Format {
        /** One JSON object. */
        JSON,
        /** Server-sent events with a JSON object each. */
        EVENTS,
        /** Either; the first byte tells. */
        UNTOLD;

        /** The format of that content type; null for one that has no models in it, {@link #UNTOLD} for no type. */
        public static @Nullable Format of(@Nullable String contentType) {
            if (contentType == null) {
                return UNTOLD;
            }
            int parameters = contentType.indexOf(';');
            String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                    .strip()
                    .toLowerCase(Locale.ROOT);
            if (type.equals("text/event-stream")) {
                return EVENTS;
            }
            return type.equals("application/json") || type.endsWith("+json") ? JSON : null;
        }
    }

    /** Most bytes held back: a name with every character escaped, in its quotes. */
    public static final int MOST_HELD = 6 * ModelName.MAX_LENGTH + 2;

    private static final byte[] LINE_END = {'\n'};

    private final byte[] replacement;
    private final JsonLexer lexer;
    private final ModelPlaces places;
    private final EventPayloads payloads = new EventPayloads(new Events());
    private Format format;

    /** Whether the lexer reads the bytes that come. */
    private boolean reading;
    /** Whether what comes is no JSON. */
    private boolean ignoring;
    /** Whether the next payload is the next line of the same event. */
    private boolean lineEnded;

    /** The chunk's index less the lexer's position, for the bytes that it reads now. */
    private long shift;
    /** Index up to which this chunk is dealt with. */
    private int taken;

    private @Nullable ByteArrayOutputStream out;
    private byte[] chunk = LINE_END;

    /** Whether a name is open that is to be replaced. */
    private boolean open;
    /** Where the open name starts in the object. */
    private long namePosition;
    /** Index at which the open name, or what of it is in this chunk, starts. */
    private int nameStart;

    private byte @Nullable [] held;
    private int heldLength;
    private @Nullable String replaced;

    private StreamedModelEdit(String model, Format format, boolean answers) {
        this.format = format;
        replacement = BodyEdits.quoted(model).getBytes(UTF_8);
        places = new ModelPlaces(new Names(), answers);
        lexer = new JsonLexer(places, ScanLimits.DEFAULT);
    }

    /** For a request: sets the model that an engine reads, where the body names one. */
    public static StreamedModelEdit ofRequest(String model) {
        return new StreamedModelEdit(model, Format.JSON, false);
    }

    /** For an answer: sets the model that the client sees, wherever the answer names one. */
    public static StreamedModelEdit ofAnswer(String model, Format format) {
        return new StreamedModelEdit(model, format, true);
    }

    /** The first name that was replaced; null for none. */
    public @Nullable String replaced() {
        return replaced;
    }

    /**
     * The next bytes of the body, which are neither kept nor changed.
     *
     * @param end whether they are the last, so that nothing may be held back
     * @return what passes instead, maybe nothing; null where the bytes pass as they are
     */
    public byte @Nullable [] edit(byte[] bytes, int offset, int length, boolean end) {
        if (length == 0 && !end) {
            return null;
        }
        chunk = bytes;
        taken = offset;
        nameStart = offset;
        out = null;
        int to = offset + length;
        if (format == Format.UNTOLD) {
            format = firstByte(bytes, offset, to);
        }
        switch (format) {
            case JSON -> json(bytes, offset, to);
            // blanks in front of a stream are the beginning of its first line
            case EVENTS, UNTOLD -> payloads.feed(bytes, offset, to);
        }
        if (open && (end || heldLength + to - nameStart > MOST_HELD)) {
            letGo();
        }
        int until = to;
        if (open) {
            until = nameStart;
            out();
            hold(to);
        }
        var edited = out;
        chunk = LINE_END;
        out = null;
        if (edited == null) {
            return null;
        }
        edited.write(bytes, taken, until - taken);
        return edited.toByteArray();
    }

    private static Format firstByte(byte[] bytes, int from, int to) {
        int first = skipBlanks(bytes, from, to);
        return first == to ? Format.UNTOLD : bytes[first] == '{' ? Format.JSON : Format.EVENTS;
    }

    private static int skipBlanks(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r')) {
            i++;
        }
        return i;
    }

    /** Reads on in an object, or starts with one. */
    private void json(byte[] bytes, int from, int to) {
        int i = from;
        if (!reading) {
            i = skipBlanks(bytes, from, to);
            if (ignoring || i == to) {
                return;
            }
            lexer.reset();
            places.reset();
            reading = true;
        }
        shift = i - lexer.offset();
        try {
            lexer.feed(bytes, i, to - i);
        } catch (MalformedBodyException e) {
            letGo();
            reading = false;
            ignoring = true;
        }
    }

    private final class Events implements EventPayloads.Sink {
        @Override
        public void payload(byte[] bytes, int from, int to) {
            if (lineEnded) {
                lineEnded = false;
                if (reading && places.outside()) {
                    // the object is complete: engines that leave out the empty line start the next
                    event();
                } else if (reading) {
                    json(LINE_END, 0, LINE_END.length);
                }
            }
            json(bytes, from, to);
        }

        @Override
        public void line() {
            lineEnded = true;
        }

        @Override
        public void event() {
            letGo();
            reading = false;
            ignoring = false;
            lineEnded = false;
        }
    }

    private final class Names implements ModelPlaces.Sink {
        @Override
        public void nameStarts() {
            open = true;
            namePosition = lexer.position();
            nameStart = index();
        }

        @Override
        public void nameEnded() {
            if (lexer.position() - namePosition > MOST_HELD) {
                letGo();
            }
            if (!open) {
                return;
            }
            open = false;
            heldLength = 0;
            if (replaced == null && lexer.capturedLength() >= 0) {
                replaced = new String(lexer.captured(), 0, lexer.capturedLength(), UTF_8);
            }
            var to = out();
            to.write(chunk, taken, nameStart - taken);
            to.writeBytes(replacement);
            taken = index();
        }

        private int index() {
            return (int) (lexer.position() + shift);
        }
    }

    /** The open name stays as it is. */
    private void letGo() {
        if (open) {
            open = false;
            if (heldLength > 0 && held != null) {
                out().write(held, 0, heldLength);
                heldLength = 0;
            }
        }
    }

    private void hold(int to) {
        int more = to - nameStart;
        byte[] room = held == null ? new byte[Math.max(64, more)] : held;
        if (heldLength + more > room.length) {
            room = Arrays.copyOf(room, Math.min(MOST_HELD, Math.max(2 * room.length, heldLength + more)));
        }
        System.arraycopy(chunk, nameStart, room, heldLength, more);
        held = room;
        heldLength += more;
    }

    private ByteArrayOutputStream out() {
        var made = out;
        if (made == null) {
            made = new ByteArrayOutputStream();
            out = made;
        }
        return made;
    }
}
