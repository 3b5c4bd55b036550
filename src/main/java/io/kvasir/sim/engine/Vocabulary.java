package io.kvasir.sim.engine;

import java.nio.charset.StandardCharsets;

/**
 * What engines say: words of three letters and a space before them, each exactly one token of
 * {@link PromptBuilder#BYTES_PER_TOKEN} bytes, so that an answer sent back in the next turn's history has the tokens
 * the engine generated and hits its cache.
 */
public final class Vocabulary {
    private static final String WORDS =
            "the and for are but not you all any can had her was one our out day get has him his how man new now old see "
                    + "two way who boy did its let put say she too use dad mom air arm art ask bad bag bar bed bee big bit "
                    + "box bus buy car cat cow cry cup cut dog dry ear eat egg end eye far few fig fly fun gas";
    private static final byte[] BYTES = (" " + WORDS).getBytes(StandardCharsets.US_ASCII);
    private static final int SIZE = BYTES.length / 4;
    private static final int[] IDS = ids();

    private Vocabulary() {}

    private static int[] ids() {
        var ids = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            ids[i] = PromptBuilder.pieceId(BYTES, i * 4, 4);
        }
        return ids;
    }

    private static int word(long seed, int index) {
        return (int) Math.floorMod(Mixing.finish(seed + index), (long) SIZE);
    }

    /** Token {@code index} of the answer that {@code seed} stands for. */
    public static int token(long seed, int index) {
        return IDS[word(seed, index)];
    }

    /** Copies the text of token {@code index} of {@code seed}'s answer, four ASCII bytes, to {@code into} at {@code at}. */
    public static void copy(long seed, int index, byte[] into, int at) {
        System.arraycopy(BYTES, word(seed, index) * 4, into, at, 4);
    }

    /** The first {@code count} tokens of {@code seed}'s answer as text. */
    public static String text(long seed, int count) {
        var bytes = new byte[count * 4];
        for (int i = 0; i < count; i++) {
            copy(seed, i, bytes, i * 4);
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
