package io.kvasir.kvevents.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntegerListsTest {
    private static final int NIL = 0xC0;

    private final SplittableRandom random = new SplittableRandom(5);
    private final IntegerLists lists = new IntegerLists();

    /** Values of a list and its bytes; of 10,000 values {@code odd} are not of 16 or 32 bits. */
    private record Written(int[] values, byte[] bytes) {}

    private Written written(int n, int most, int odd) {
        var out = ByteBuffer.allocate(9 * n + 16);
        int[] values = new int[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(10_000) < odd ? oddOne(out) : word(out, random.nextInt(most));
        }
        return new Written(values, Arrays.copyOf(out.array(), out.position()));
    }

    private static int word(ByteBuffer out, int value) {
        if (value < 1 << 16) {
            out.put((byte) 0xCD).putShort((short) value);
        } else {
            out.put((byte) 0xCE).putInt(value);
        }
        return value;
    }

    private int oddOne(ByteBuffer out) {
        int value = random.nextInt();
        switch (random.nextInt(8)) {
            case 0 -> {
                out.put((byte) (value & 0x7F));
                return value & 0x7F;
            }
            case 1 -> {
                out.put((byte) (value | 0xE0));
                return (byte) (value | 0xE0);
            }
            case 2 -> {
                out.put((byte) 0xCC).put((byte) value);
                return value & 0xFF;
            }
            case 3 -> {
                out.put((byte) 0xD0).put((byte) value);
                return (byte) value;
            }
            case 4 -> {
                out.put((byte) 0xD1).putShort((short) value);
                return (short) value;
            }
            case 5 -> out.put((byte) 0xD2).putInt(value);
            case 6 -> out.put((byte) 0xCF).putLong(0x0102030400000000L | value & 0xFFFFFFFFL);
            default -> out.put((byte) 0xD3).putLong(value);
        }
        return value;
    }

    private void isRead(Written list, int before, int behind) {
        var content = new byte[before + list.bytes.length + behind];
        Arrays.fill(content, (byte) NIL);
        System.arraycopy(list.bytes, 0, content, before, list.bytes.length);
        int[] into = new int[list.values.length];
        assertEquals(list.values.length, lists.read(content, before, into, into.length));
        assertArrayEquals(list.values, into);
        assertEquals(before + list.bytes.length, lists.end());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10, 100, 1_000, 10_000})
    void integersOfAnyWidthsAreReadAsTheyWereWritten(int odd) {
        for (int most : new int[] {100, 1 << 16, 1 << 17, 150_000, 1 << 20, Integer.MAX_VALUE}) {
            for (int n : new int[] {0, 1, 2, 15, 95, 96, 97, 1_024, 2_047, 2_048, 2_049, 9_000}) {
                isRead(written(n, most, odd), random.nextInt(20), random.nextInt(40));
            }
        }
    }

    @Test
    void aListWhoseHalvesAreOfOtherWidthsIsReadAsItWasWritten() {
        for (int cut = 0; cut <= 1_024; cut += 64) {
            var narrow = written(cut, 1 << 16, 0);
            var wide = written(1_024 - cut, Integer.MAX_VALUE, 0);
            for (var halves : new Written[][] {{narrow, wide}, {wide, narrow}}) {
                int[] values = Arrays.copyOf(halves[0].values, 1_024);
                System.arraycopy(halves[1].values, 0, values, halves[0].values.length, halves[1].values.length);
                byte[] bytes = Arrays.copyOf(halves[0].bytes, halves[0].bytes.length + halves[1].bytes.length);
                System.arraycopy(halves[1].bytes, 0, bytes, halves[0].bytes.length, halves[1].bytes.length);
                isRead(new Written(values, bytes), 3, 100);
            }
        }
    }

    @Test
    void valuesThatLookLikeBeginningsOfIntegersMisleadNobody() {
        // 0xCDCD and 0xCECECECE: every byte of them could be a head
        var out = ByteBuffer.allocate(5 * 2_000);
        int[] values = new int[2_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextBoolean() ? 0xCDCD : 0xCECECECE;
            if (values[i] == 0xCDCD) {
                out.put((byte) 0xCD).putShort((short) 0xCDCD);
            } else {
                out.put((byte) 0xCE).putInt(0xCECECECE);
            }
        }
        for (int n = 90; n <= values.length; n += 17) {
            int[] some = new int[n];
            assertEquals(n, lists.read(out.array(), 0, some, n));
            assertArrayEquals(Arrays.copyOf(values, n), some);
        }
    }

    @Test
    void aReadingEndsAtWhatIsNoIntegerAndAtTheEnd() {
        var list = written(3_000, 150_000, 5);
        int[] into = new int[3_000];
        for (int cut = 0; cut < list.bytes.length; cut += 1 + random.nextInt(150)) {
            int n = lists.read(Arrays.copyOf(list.bytes, cut), 0, into, into.length);
            assertArrayEquals(Arrays.copyOf(list.values, n), Arrays.copyOf(into, n));
            int end = lists.end();
            var broken = list.bytes.clone();
            broken[end] = (byte) NIL;
            assertEquals(n, lists.read(broken, 0, into, into.length), "cut at " + cut);
            assertEquals(end, lists.end());
            assertArrayEquals(Arrays.copyOf(list.values, n), Arrays.copyOf(into, n));
        }
    }

    @Test
    void noMoreAreReadThanAreWanted() {
        var list = written(3_000, 150_000, 5);
        for (int n = 0; n < 3_000; n += 1 + random.nextInt(99)) {
            int[] into = new int[n];
            assertEquals(n, lists.read(list.bytes, 0, into, n));
            assertArrayEquals(Arrays.copyOf(list.values, n), into);
            int[] rest = new int[3_000];
            assertEquals(3_000 - n, lists.read(list.bytes, lists.end(), rest, 3_000));
            assertArrayEquals(Arrays.copyOfRange(list.values, n, 3_000), Arrays.copyOf(rest, 3_000 - n));
        }
    }

    /** Integers of {@link MessagePackReader#integer}, one after the other, as far as there are. */
    private static int plain(byte[] content, int at, long[] into, int n, int[] end) {
        var reader = new MessagePackReader();
        reader.reset(content);
        reader.position(at);
        end[0] = at;
        int i = 0;
        try {
            while (i < n && reader.kind() == MessagePackReader.Kind.INTEGER) {
                into[i] = reader.integer();
                end[0] = reader.position();
                i++;
            }
        } catch (MessagePackReader.Malformed e) {
            // it ends here
        }
        return i;
    }

    @Test
    void whateverBytesThereAreIsReadAsOneIntegerAfterTheOther() {
        int[] heads = {0xCD, 0xCE, 0xCD, 0xCE, 0xCC, 0xCF, 0xD0, 0xD1, 0xD2, 0xD3, 0, 0x7F, 0xE0, 0xC0, 0xCA, 0xCB, 0x93
        };
        for (int round = 0; round < 20_000; round++) {
            byte[] content = new byte[random.nextInt(1_500)];
            // from heads of two kinds, of which all is an integer, to any
            int kinds = 1 + random.nextInt(heads.length);
            int other = random.nextInt(4) == 0 ? random.nextInt(200) : 0;
            for (int i = 0; i < content.length; i++) {
                content[i] =
                        (byte) (random.nextInt(1_000) < other ? random.nextInt(256) : heads[random.nextInt(kinds)]);
            }
            int at = random.nextInt(content.length + 1);
            int n = random.nextInt(600);
            long[] expected = new long[n];
            int[] end = new int[1];
            int count = plain(content, at, expected, n, end);
            int[] into = new int[n];
            assertEquals(count, lists.read(content, at, into, n), "round " + round);
            assertEquals(end[0], lists.end(), "round " + round);
            for (int i = 0; i < count; i++) {
                assertEquals((int) expected[i], into[i], "round " + round);
            }
        }
    }
}
