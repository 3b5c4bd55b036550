package io.kvasir.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Text of a trace's blocks, a function of the block's id alone: words of three letters and a space, each one token of
 * a simulated engine (which counts four bytes as one) and about one of a real one. Printable ASCII that JSON need not
 * escape.
 */
public final class BlockText {
    /** Bytes of one token. */
    public static final int BYTES_PER_TOKEN = 4;

    private static final byte[] LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEF".getBytes(US_ASCII);
    private static final int TOKENS_PER_DRAW = 4;
    private static final int WORD_BITS = 15;
    private static final int WORD_MASK = (1 << WORD_BITS) - 1;
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int[] WORDS = words();

    private BlockText() {}

    /** Writes the first {@code tokens} tokens of block {@code id} to {@code into} from {@code at} on. */
    public static void write(long id, int tokens, byte[] into, int at) {
        long state = mix(id + 0x632BE59BD9B4E019L);
        long draw = 0;
        int place = at;
        for (int i = 0; i < tokens; i++) {
            if (i % TOKENS_PER_DRAW == 0) {
                state += 0x9E3779B97F4A7C15L;
                draw = mix(state);
            }
            INTS.set(into, place, WORDS[(int) draw & WORD_MASK]);
            place += BYTES_PER_TOKEN;
            draw >>>= WORD_BITS;
        }
    }

    private static int[] words() {
        var words = new int[WORD_MASK + 1];
        for (int i = 0; i < words.length; i++) {
            words[i] = LETTERS[i & 31] | LETTERS[i >>> 5 & 31] << 8 | LETTERS[i >>> 10] << 16 | ' ' << 24;
        }
        return words;
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
