package io.kvasir.request;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Finds the payloads in an event stream, which are its {@code data} lines, cut anywhere. Keeps nothing of it. */
final class EventPayloads {
    /** What is told, in the order of the stream. */
    interface Sink {
        /** A piece of a data line's payload, without the name and without the line's end. */
        void payload(byte[] bytes, int from, int to);

        /** A data line ended. */
        void line();

        /** An event ended: an empty line. */
        void event();
    }

    private static final byte[] DATA = "data:".getBytes(US_ASCII);
    private static final int PAYLOAD = DATA.length + 1;
    private static final int OTHER = -1;

    private final Sink sink;
    /** Bytes of {@code data:} seen at the start of this line, {@link #PAYLOAD} behind it, {@link #OTHER} in another line. */
    private int matched;

    private boolean afterReturn;

    EventPayloads(Sink sink) {
        this.sink = sink;
    }

    void feed(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            byte b = bytes[i];
            if (b == '\n' || b == '\r') {
                // a line feed behind a carriage return ends no line of its own
                if (b == '\r' || !afterReturn) {
                    endLine();
                }
                afterReturn = b == '\r';
                i++;
                continue;
            }
            afterReturn = false;
            if (matched == PAYLOAD) {
                int end = lineEnd(bytes, i, to);
                sink.payload(bytes, i, end);
                i = end;
            } else if (matched == OTHER) {
                i = lineEnd(bytes, i, to);
            } else if (matched == DATA.length) {
                matched = PAYLOAD;
                i += b == ' ' ? 1 : 0;
            } else {
                matched = b == DATA[matched] ? matched + 1 : OTHER;
                i++;
            }
        }
    }

    private void endLine() {
        if (matched == 0) {
            sink.event();
        } else if (matched >= DATA.length) {
            sink.line();
        }
        matched = 0;
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != '\n' && bytes[i] != '\r') {
            i++;
        }
        return i;
    }
}
