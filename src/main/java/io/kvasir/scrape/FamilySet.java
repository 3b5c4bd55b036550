package io.kvasir.scrape;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Tells at the start of a line whether its family is wanted. Nearly all lines are not, so it looks at eight bytes
 * behind the prefix that all wanted names share and asks a 64-bit set of their hashes; only what passes is compared in
 * full.
 */
final class FamilySet {
    /** The line's family is not wanted. */
    static final int NO = -1;

    /** The line is cut too early to tell. */
    static final int CUT = -2;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;
    private static final int PROBE = 8;

    private final byte[][] names;
    private final int prefix;
    private final long mask;
    private final long hashes;
    private final int longest;

    FamilySet(List<String> families) {
        names = families.stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        int shared = names.length == 0 ? 0 : names[0].length;
        int shortest = Integer.MAX_VALUE;
        int max = 0;
        for (byte[] name : names) {
            int same = Arrays.mismatch(names[0], name);
            shared = Math.min(shared, same < 0 ? name.length : same);
            shortest = Math.min(shortest, name.length);
            max = Math.max(max, name.length);
        }
        // names that share nearly all of themselves are told apart by their last bytes
        prefix = names.length == 0 ? 0 : Math.min(shared, Math.max(0, shortest - PROBE));
        longest = max;
        int probed = names.length == 0 ? 0 : Math.min(PROBE, shortest - prefix);
        mask = probed == PROBE ? -1L : (1L << (8 * probed)) - 1;
        long set = 0;
        for (byte[] name : names) {
            byte[] padded = Arrays.copyOf(name, Math.max(name.length, prefix + PROBE));
            set |= bit((long) LONG.get(padded, prefix) & mask);
        }
        hashes = set;
    }

    private static long bit(long key) {
        return 1L << ((key * MIX) >>> 58);
    }

    /**
     * The family of the line that begins at {@code start}, {@link #NO}, or {@link #CUT} where the bytes before {@code
     * end} neither end the line nor decide it.
     */
    int match(byte[] line, int start, int end) {
        if (line[start] == '#') {
            return NO;
        }
        if (end - start >= prefix + PROBE) {
            if ((hashes & bit((long) LONG.get(line, start + prefix) & mask)) == 0) {
                return NO;
            }
            if (end - start > longest) {
                return compare(line, start, end);
            }
        }
        for (int i = start; i < end; i++) {
            if (ends(line[i])) {
                return compare(line, start, end);
            }
        }
        return end - start > longest ? NO : CUT;
    }

    private int compare(byte[] line, int start, int end) {
        for (int i = 0; i < names.length; i++) {
            int after = start + names[i].length;
            if (after < end && ends(line[after]) && Arrays.equals(line, start, after, names[i], 0, names[i].length)) {
                return i;
            }
        }
        return NO;
    }

    private static boolean ends(byte b) {
        return b == '{' || b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    /** Bytes of that family's name. */
    int length(int family) {
        return names[family].length;
    }

    String name(int family) {
        return new String(names[family], StandardCharsets.UTF_8);
    }
}
