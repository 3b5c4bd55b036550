package io.kvasir.scrape;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads a page in Prometheus text format or OpenMetrics as it arrives, in pieces cut anywhere, and hands out the
 * samples of wanted families. Lines of other families are skipped to their end without being looked at; a line is
 * copied only where a piece ends inside a wanted one.
 *
 * <p>Tolerated: comments, {@code # EOF}, timestamps, exemplars, CRLF, blank lines, blanks where the formats allow them,
 * a last line without an end. A wanted line that is not understood is counted and skipped.
 */
final class MetricsPageScanner {
    /** Takes samples while a page is read. */
    interface Sink {
        /**
         * A sample was read.
         *
         * @param family index in the {@link FamilySet}
         * @param labels good until the call returns
         */
        void sample(int family, SampleLabels labels, double value);
    }

    /** Longest wanted line, in bytes; longer ones are counted as malformed. */
    static final int MAX_LINE = 64 << 10;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A_0A0A_0A0A_0A0AL;
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long TOPS = 0x8080_8080_8080_8080L;

    private final FamilySet families;
    private final Sink sink;
    private final SampleLabels labels = new SampleLabels();
    private byte[] carry = new byte[256];
    private int carried;
    private boolean skipping;
    private long malformed;

    MetricsPageScanner(FamilySet families, Sink sink) {
        this.families = families;
        this.sink = sink;
    }

    /** A new page begins; what was left of an unfinished one is dropped. */
    void begin() {
        carried = 0;
        skipping = false;
    }

    /** Reads the next bytes of the page. */
    void feed(byte[] piece, int offset, int length) {
        int at = offset;
        int end = offset + length;
        if (skipping || carried > 0) {
            int newline = newline(piece, at, end);
            int stop = newline < 0 ? end : newline + 1;
            if (!skipping) {
                carry(piece, at, stop);
            }
            if (newline < 0) {
                return;
            }
            if (!skipping) {
                line(carry, 0, carried);
            }
            carried = 0;
            skipping = false;
            at = stop;
        }
        while (at < end) {
            byte first = piece[at];
            if (first == ' ' || first == '\t') {
                at++;
                continue;
            }
            int family = families.match(piece, at, end);
            int newline = newline(piece, at, end);
            if (newline < 0) {
                if (family == FamilySet.NO) {
                    skipping = true;
                } else {
                    carry(piece, at, end);
                }
                return;
            }
            if (family >= 0) {
                sample(family, piece, at, newline);
            }
            at = newline + 1;
        }
    }

    /** The page is complete. */
    void end() {
        if (carried > 0) {
            carry(new byte[] {'\n'}, 0, 1);
            if (!skipping) {
                line(carry, 0, carried);
            }
        }
        begin();
    }

    /** Wanted lines that were not understood, over all pages. */
    long malformed() {
        return malformed;
    }

    private void carry(byte[] piece, int from, int to) {
        int more = to - from;
        if (carried + more > MAX_LINE) {
            malformed++;
            skipping = true;
            carried = 0;
            return;
        }
        if (carried + more > carry.length) {
            carry = Arrays.copyOf(carry, Math.min(MAX_LINE, Math.max(carried + more, 2 * carry.length)));
        }
        System.arraycopy(piece, from, carry, carried, more);
        carried += more;
    }

    /** A line that was put together; its newline is the last byte. */
    private void line(byte[] line, int start, int end) {
        int family = families.match(line, start, end);
        if (family >= 0) {
            sample(family, line, start, end - 1);
        }
    }

    /** Reads {@code name [labels] value [timestamp] [exemplar]} up to, not including, {@code stop}. */
    private void sample(int family, byte[] line, int start, int stop) {
        int end = stop > start && line[stop - 1] == '\r' ? stop - 1 : stop;
        int at = blanks(line, start + families.length(family), end);
        if (at < end && line[at] == '{') {
            at = labels.read(line, at, end);
            if (at < 0) {
                malformed++;
                return;
            }
            at = blanks(line, at, end);
        } else {
            labels.clear();
        }
        int valueEnd = token(line, at, end);
        if (!MetricNumber.valid(line, at, valueEnd) || !restIsFine(line, valueEnd, end)) {
            malformed++;
            return;
        }
        sink.sample(family, labels, MetricNumber.parse(line, at, valueEnd));
    }

    /** Behind a value there may be a timestamp and, behind a {@code #}, an exemplar. */
    private static boolean restIsFine(byte[] line, int from, int end) {
        int at = blanks(line, from, end);
        if (at < end && line[at] != '#') {
            int stamp = token(line, at, end);
            if (!MetricNumber.valid(line, at, stamp)) {
                return false;
            }
            at = blanks(line, stamp, end);
        }
        return at == end || line[at] == '#';
    }

    private static int blanks(byte[] line, int from, int end) {
        int at = from;
        while (at < end && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }

    private static int token(byte[] line, int from, int end) {
        int at = from;
        while (at < end && line[at] != ' ' && line[at] != '\t') {
            at++;
        }
        return at;
    }

    /** Place of the next newline, -1 if there is none: eight bytes at a time, the lowest zero byte of the XOR. */
    private static int newline(byte[] bytes, int from, int end) {
        int at = from;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            long x = (long) LONG.get(bytes, at) ^ NEWLINES;
            long zeros = (x - ONES) & ~x & TOPS;
            if (zeros != 0) {
                return at + (Long.numberOfTrailingZeros(zeros) >>> 3);
            }
        }
        for (; at < end; at++) {
            if (bytes[at] == '\n') {
                return at;
            }
        }
        return -1;
    }
}
