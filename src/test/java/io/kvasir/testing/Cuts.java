package io.kvasir.testing;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** Ways to cut bytes into pieces, the same ones for the same bytes. Ends ascend, the last is the length. */
public final class Cuts {
    private static final int MOST = 12;
    private static final int SHORT = 2048;

    private Cuts() {}

    /**
     * Ends of pieces at random places, some of them empty; sometimes each byte is a piece.
     *
     * @param round another way to cut the same bytes
     */
    public static int[] of(byte[] bytes, int round) {
        if (round == 0 && bytes.length <= SHORT) {
            return IntStream.rangeClosed(1, Math.max(1, bytes.length))
                    .map(end -> Math.min(end, bytes.length))
                    .toArray();
        }
        var random = new Random(31L * Arrays.hashCode(bytes) + round);
        int[] ends = IntStream.concat(
                        random.ints(random.nextInt(MOST), 0, bytes.length + 1), IntStream.of(bytes.length))
                .sorted()
                .toArray();
        return ends;
    }

    /** One piece. */
    public static int[] whole(byte[] bytes) {
        return new int[] {bytes.length};
    }
}
