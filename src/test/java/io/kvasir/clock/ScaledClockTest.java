package io.kvasir.clock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ScaledClockTest {
    private final AtomicLong real = new AtomicLong(5_000);

    @Test
    void itStartsAtRealTimeAndRunsSoManyTimesAsFast() {
        var clock = ScaledClock.of(real::get, 8);
        assertThat(clock.getAsLong()).isEqualTo(5_000);

        real.addAndGet(100);

        assertThat(clock.getAsLong()).isEqualTo(5_800);
        assertThat(clock.realAt(5_800)).isEqualTo(5_100);
        assertThat(clock.realAt(5_801)).isEqualTo(5_101);
    }

    @Test
    void timersWaitInRealTimeAndRealTimeIsLongHere() {
        var clock = ScaledClock.of(real::get, 4);

        assertThat(clock.realNanos(400)).isEqualTo(100);
        assertThat(clock.realNanos(401)).isEqualTo(101);
        assertThat(clock.realSeconds(2)).isEqualTo(0.5);
        assertThat(clock.nanosIn(Duration.ofSeconds(1))).isEqualTo(4_000_000_000L);
    }

    @Test
    void aClockThatIsNotScaledShowsWhatItShows() {
        var clock = ScaledClock.of(real::get);
        real.set(77);

        assertThat(clock.getAsLong()).isEqualTo(77);
        assertThat(clock.realAt(90)).isEqualTo(90);
        assertThat(clock.realNanos(90)).isEqualTo(90);
        assertThat(clock.nanosIn(90)).isEqualTo(90);
    }

    @Test
    void aScaledClockIsWrappedNoSecondTime() {
        var clock = ScaledClock.of(real::get, 0.5);

        assertThat(ScaledClock.of(clock)).isSameAs(clock);
        real.addAndGet(100);
        assertThat(clock.getAsLong()).isEqualTo(5_050);
    }

    @Test
    void aClockThatStandsStillIsNone() {
        assertThatThrownBy(() -> ScaledClock.of(real::get, 0)).hasMessageContaining("speed: bad value \"0.0\"");
        assertThatThrownBy(() -> ScaledClock.of(real::get, Double.NaN)).hasMessageContaining("above 0");
    }
}
