package io.kvasir.kvevents.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads msgpack integers that lie in a row, as token ids and hashes of blocks do. Where an integer lies is known from the one
 * before it only, and a processor waits for that; so a long list is read from two places at once, of which the second is
 * found by what integers look like. It counts only where the first reading comes to that very place.
 */
final class IntegerLists {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();

    /** The head of an integer of 16 bits; that of one of 32 bits is one more. */
    private static final int U16 = 0xCD;

    /** A head, times two, less this is the length with the head. */
    private static final int LENGTHS = 2 * U16 - 3;
    /** Bytes of two integers of 32 bits. */
    private static final int PAIR = 10;

    /** Integers that are read from two places at once, and the fewest that are worth it. */
    private static final int MANY = 2_048;

    private static final int FEW = 96;
    /** Integers in a row that prove a place to be the beginning of one: of other places one in some 10^12 looks so. */
    private static final int PROOF = 6;

    private static final int NOWHERE = -1;

    private final int[] behind = new int[MANY / 2];
    private byte[] bytes = {};
    private int end;
    private int value;
    /** Sixteenths of a byte that an integer took in the list before. */
    private int width = 64;

    /** Where the integers that were read last end. */
    int end() {
        return end;
    }

    /**
     * As many integers as there are in a row, at most {@code n}; of each the lowest 32 bits.
     *
     * @param at where the first begins
     * @return how many
     */
    int read(byte[] from, int at, int[] into, int n) {
        bytes = from;
        end = at;
        int i = 0;
        boolean more = true;
        while (more && i < n) {
            int to = i + Math.min(n - i, MANY);
            int middle = to - i < FEW ? NOWHERE : middle(to - i);
            i = middle == NOWHERE ? i : two(into, i, to, middle);
            i = one(into, i, to, from.length);
            more = i == to;
        }
        if (i >= FEW) {
            width = (int) ((end - at) * 16L / i);
        }
        return i;
    }

    /** Where an integer begins, some less than half of them further on; {@link #NOWHERE} if none is found. */
    private int middle(int n) {
        long guess = end + (long) width * n * 15 / (32 * 16);
        if (guess + 2 * FEW > bytes.length) {
            return NOWHERE;
        }
        for (int place = (int) guess; place < guess + PAIR / 2; place++) {
            int next = place;
            int proven = 0;
            while (proven < PROOF && (bytes[next] & 0xFF) - U16 >>> 1 == 0) {
                next += 2 * (bytes[next] & 0xFF) - LENGTHS;
                proven++;
            }
            if (proven == PROOF) {
                return place;
            }
        }
        return NOWHERE;
    }

    /**
     * Reads on from {@link #end} and from the middle, until the first reading is there.
     *
     * @return how many there are then; what the second has read is of them if all is well
     */
    private int two(int[] into, int from, int to, int middle) {
        byte[] all = bytes;
        int[] second = behind;
        int most = Math.min(second.length, to - from >> 1);
        int i = from;
        int j = 0;
        int p = end;
        int q = middle;
        while (true) {
            int pairs = Math.min(most - j >> 1, Math.min((all.length - q - 6) / PAIR, (middle - p) / PAIR));
            if (pairs <= 0) {
                break;
            }
            int stop = j + 2 * pairs;
            // which width an integer has is nothing that a processor could foresee: there is no branch for it
            for (; j < stop; j += 2, i += 2) {
                long x = (long) LONGS.get(all, p);
                long y = (long) LONGS.get(all, q);
                int headX = (int) (x >>> 56);
                int headY = (int) (y >>> 56);
                // of 16 bits: 16 places too many, the next behind 24; of 32 bits: none, 40; as shifts count
                int shiftX = headX << 4;
                int shiftY = headY << 4;
                int nextX = (int) (x << shiftX + 8 >>> 56);
                int nextY = (int) (y << shiftY + 8 >>> 56);
                if (((headX - U16 | nextX - U16 | headY - U16 | nextY - U16) & ~1) != 0) {
                    break;
                }
                p += 2 * headX - LENGTHS;
                q += 2 * headY - LENGTHS;
                into[i] = (int) (x >>> 24) >>> shiftX;
                into[i + 1] = (int) INTS.get(all, p + 1) >>> (nextX << 4);
                second[j] = (int) (y >>> 24) >>> shiftY;
                second[j + 1] = (int) INTS.get(all, q + 1) >>> (nextY << 4);
                p += 2 * nextX - LENGTHS;
                q += 2 * nextY - LENGTHS;
            }
            if (j == stop) {
                continue;
            }
            int next = any(p);
            if (next == NOWHERE) {
                break;
            }
            into[i++] = value;
            p = next;
            next = any(q);
            if (next == NOWHERE) {
                break;
            }
            second[j++] = value;
            q = next;
        }
        end = p;
        i = one(into, i, to, middle);
        if (end == middle && i + j <= to) {
            System.arraycopy(second, 0, into, i, j);
            i += j;
            end = q;
        }
        return i;
    }

    /** Reads on from {@link #end}, integers that begin before a place, and returns how many there are then. */
    private int one(int[] into, int from, int to, int before) {
        byte[] all = bytes;
        int i = from;
        int p = end;
        while (i < to && p < before) {
            int pairs = Math.min(to - i >> 1, Math.min((all.length - p - 6) / PAIR, (before - p) / PAIR));
            int stop = i + 2 * Math.max(0, pairs);
            for (; i < stop; i += 2) {
                long x = (long) LONGS.get(all, p);
                int head = (int) (x >>> 56);
                int shift = head << 4;
                int next = (int) (x << shift + 8 >>> 56);
                if (((head - U16 | next - U16) & ~1) != 0) {
                    break;
                }
                p += 2 * head - LENGTHS;
                into[i] = (int) (x >>> 24) >>> shift;
                into[i + 1] = (int) INTS.get(all, p + 1) >>> (next << 4);
                p += 2 * next - LENGTHS;
            }
            if (i < stop || pairs <= 0) {
                int next = any(p);
                if (next == NOWHERE) {
                    break;
                }
                into[i++] = value;
                p = next;
            }
        }
        end = p;
        return i;
    }

    /** Reads an integer of any kind: its {@link #value}, and where it ends; {@link #NOWHERE} where there is none. */
    private int any(int at) {
        if (at >= bytes.length) {
            return NOWHERE;
        }
        int head = bytes[at] & 0xFF;
        if (head < 0x80 || head >= 0xE0) {
            value = (byte) head;
            return at + 1;
        }
        int size = switch (head) {
            case 0xCC, 0xD0 -> 1;
            case 0xCD, 0xD1 -> 2;
            case 0xCE, 0xD2 -> 4;
            case 0xCF, 0xD3 -> 8;
            default -> 0;
        };
        if (size == 0 || size >= bytes.length - at) {
            return NOWHERE;
        }
        value = switch (head) {
            case 0xCC -> bytes[at + 1] & 0xFF;
            case 0xD0 -> bytes[at + 1];
            case 0xCD -> (bytes[at + 1] & 0xFF) << 8 | bytes[at + 2] & 0xFF;
            case 0xD1 -> bytes[at + 1] << 8 | bytes[at + 2] & 0xFF;
            default -> (int) INTS.get(bytes, at + size - 3);
        };
        return at + 1 + size;
    }

    /**
     * As many integers of 64 bits as there are in a row, at most {@code n}, of which the first begins at a place.
     *
     * @return how many
     */
    int read(byte[] from, int at, long[] into, int n) {
        int most = Math.min(n, (from.length - at) / 9);
        int i = 0;
        int place = at;
        for (; i < most; i++) {
            int head = from[place] & 0xFF;
            if (head != 0xCF && head != 0xD3) {
                break;
            }
            into[i] = (long) LONGS.get(from, place + 1);
            place += 9;
        }
        end = place;
        return i;
    }
}
