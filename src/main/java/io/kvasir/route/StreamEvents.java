package io.kvasir.route;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Counts the events of a stream that carry content, cut anywhere. An event is a {@code data:} line. OpenAI's chat streams
 * name none of them, and all count but {@code [DONE]}; of the Responses API's only those named {@code response.….delta}
 * count, of Anthropic's only {@code content_block_delta}: the others open, close and keep alive.
 */
final class StreamEvents {
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't', ':'};
    private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};
    /** Within a line of no interest. */
    private static final int SKIP = -1;
    /** Added to the bytes of {@code event:} seen at the start of this line. */
    private static final int NAMING = 16;
    /** Added to the bytes of {@code [DONE]} seen at the start of a payload. */
    private static final int ENDING = 32;

    private static final int LONGEST_NAME = 64;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LINE_FEEDS = '\n' * ONES;

    private final byte[] name = new byte[LONGEST_NAME];
    private int nameLength;
    /** Whether this event's name says that it has no content. */
    private boolean empty;
    /** Bytes of {@code data:} seen at the start of this line, or see above. */
    private int matched;

    private boolean done;

    /** Whether the stream said {@code [DONE]}. */
    boolean done() {
        return done;
    }

    /** Events with content that begin in these bytes. */
    int count(byte[] bytes, int from, int to) {
        int count = 0;
        int state = matched;
        int i = from;
        while (i < to) {
            if (state == SKIP) {
                i = lineEnd(bytes, i, to);
                if (i == to) {
                    break;
                }
                i++;
                state = 0;
                continue;
            }
            byte b = bytes[i];
            if (state >= ENDING) {
                if (b != DONE[state - ENDING]) {
                    count += empty ? 0 : 1;
                    state = SKIP;
                    continue;
                }
                i++;
                state++;
                if (state == ENDING + DONE.length) {
                    done = true;
                    state = SKIP;
                }
            } else if (state >= NAMING) {
                i++;
                state = named(state, b);
            } else if (state < DATA.length) {
                i++;
                state = b == DATA[state] ? state + 1 : state == 0 ? lineStart(b) : b == '\n' ? 0 : SKIP;
            } else if (b == ' ') {
                i++;
            } else if (b == '[') {
                state = ENDING;
            } else {
                // the payload begins, if there is one
                count += empty || b == '\n' || b == '\r' ? 0 : 1;
                state = SKIP;
            }
        }
        matched = state;
        return count;
    }

    /** Where the line ends, or {@code to}. */
    private static int lineEnd(byte[] bytes, int from, int to) {
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            long others = (long) LONG.get(bytes, i) ^ LINE_FEEDS;
            // the lowest byte that is marked is one, higher ones need not be
            long ends = (others - ONES) & ~others & HIGH_BITS;
            if (ends != 0) {
                return i + (Long.numberOfTrailingZeros(ends) >>> 3);
            }
        }
        while (i < to && bytes[i] != '\n') {
            i++;
        }
        return i;
    }

    /** The state behind the first byte of a line that is no {@code data:}. */
    private int lineStart(byte b) {
        if (b == EVENT[0]) {
            nameLength = 0;
            return NAMING + 1;
        }
        if (b == '\n' || b == '\r') {
            empty = false;
        }
        return b == '\n' ? 0 : SKIP;
    }

    private int named(int state, byte b) {
        int seen = state - NAMING;
        if (seen < EVENT.length) {
            return b == EVENT[seen] ? state + 1 : b == '\n' ? 0 : SKIP;
        }
        if (b == '\n') {
            empty = nameLength <= LONGEST_NAME && !carriesContent(new String(name, 0, nameLength, US_ASCII).strip());
            return 0;
        }
        if (nameLength < LONGEST_NAME) {
            name[nameLength] = b;
        }
        // a longer one is none that is known
        nameLength = Math.min(nameLength + 1, LONGEST_NAME + 1);
        return state;
    }

    /** Names that nobody told us of may carry content. */
    private static boolean carriesContent(String event) {
        return switch (event) {
            case "message_start",
                    "message_delta",
                    "message_stop",
                    "content_block_start",
                    "content_block_stop",
                    "ping",
                    "error" -> false;
            default -> !event.startsWith("response.") || event.endsWith(".delta");
        };
    }
}
