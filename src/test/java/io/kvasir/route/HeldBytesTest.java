package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeldBytesTest {
    private final BodyBudget budget = new BodyBudget(1L << 40);
    private final HeldBytes held = new HeldBytes(budget);

    private static byte[] content(HeldBytes held) {
        var whole = new ByteArrayOutputStream();
        for (var piece : held.pieces()) {
            whole.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }
        return whole.toByteArray();
    }

    @Test
    void piecesOfAllSizesComeOutAsTheyWentInAndCostInProportion() {
        var random = new SplittableRandom(7);
        for (int most : new int[] {1, 3, 100, 2047, 2048, 5000, 100_000}) {
            var own = new BodyBudget(1L << 40);
            var some = new HeldBytes(own);
            var expected = new ByteArrayOutputStream();
            for (int i = 0; i < 2_000; i++) {
                var piece = new byte[1 + random.nextInt(most)];
                random.nextBytes(piece);
                expected.writeBytes(piece);
                assertThat(some.add(piece, 0, piece.length)).isTrue();
            }
            assertThat(some.length()).isEqualTo(expected.size());
            for (int times = 0; times < 2; times++) {
                assertThat(Arrays.equals(content(some), expected.toByteArray())).isTrue();
            }
            assertThat(own.used() - HeldBytes.REQUEST)
                    .isBetween((long) expected.size(), 2L * expected.size() + (64 << 10));
            some.release();
            some.release();
            assertThat(own.used()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 100})
    void millionsOfSmallPiecesAreFewLargeOnes(int size) {
        var piece = new byte[size];
        for (int i = 0; i < 3_000_000 / size; i++) {
            assertThat(held.add(piece, 0, size)).isTrue();
        }
        assertThat(held.pieces().size()).isLessThan(150);
        assertThat(budget.used()).isLessThan(3_000_000 * 5 / 4);
    }

    @Test
    void largeAndSmallPiecesInTurnCostNoMoreThanTwiceWhatTheySay() {
        for (int i = 0; i < 1_000; i++) {
            held.add(new byte[2_048], 0, 2_048);
            held.add(new byte[1], 0, 1);
        }
        assertThat(budget.used()).isLessThan(2 * 2_049 * 1_000 + (64 << 10) + HeldBytes.REQUEST);
    }

    @Test
    void aLargePieceIsKeptAsItCameAndItsWholeArrayCharged() {
        var array = new byte[10_000];
        held.add(array, 100, 5_000);
        assertThat(held.pieces().getFirst().array()).isSameAs(array);
        assertThat(budget.used()).isEqualTo(HeldBytes.REQUEST + HeldBytes.PIECE + 10_000);
    }

    @Test
    void whatHasNoRoomIsKeptAndSaid() {
        var tight = new BodyBudget(HeldBytes.REQUEST + 1_000);
        var some = new HeldBytes(tight);
        assertThat(some.room()).isTrue();
        assertThat(some.add(new byte[500], 0, 500)).isTrue();
        assertThat(some.add(new byte[5_000], 0, 5_000)).isFalse();
        assertThat(some.length()).isEqualTo(5_500);
        assertThat(new HeldBytes(tight).room()).isFalse();
    }

    @Test
    void aDecidedRequestCostsLessAndItsEndNothing() {
        held.add(new byte[10], 0, 10);
        long before = budget.used();
        held.decided();
        held.decided();
        assertThat(budget.used()).isBetween(1L, before - 1);
        held.release();
        held.decided();
        assertThat(budget.used()).isZero();
    }
}
