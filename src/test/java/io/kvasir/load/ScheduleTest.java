package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Trace TRACE = new Trace(List.of(
            TraceTest.request(0, 100, 1),
            TraceTest.request(0, 100, 2),
            TraceTest.request(0, 100, 3),
            TraceTest.request(3_000, 100, 4),
            TraceTest.request(3_000, 100, 5),
            TraceTest.request(9_000, 100, 6)));

    private static List<Double> seconds(Schedule schedule) {
        var all = new ArrayList<Double>();
        for (int i = 0; i < schedule.size(); i++) {
            all.add(schedule.seconds(i));
        }
        return all;
    }

    @Test
    void arrivalsAreSpreadInsideTheirTickInOrder() {
        var schedule = Schedule.spread(TRACE, 1);
        var seconds = seconds(schedule);
        // all times are from the first request, which came somewhere in the first tick
        double tick = 3.0 - seconds.get(0);

        assertThat(seconds).isSorted().doesNotHaveDuplicates();
        assertThat(seconds.get(0)).isZero();
        assertThat(seconds.get(2)).isLessThan(tick);
        assertThat(seconds.get(5) - seconds.get(4)).isGreaterThan(3.0).isLessThan(9.0);
        assertThat(schedule.request(5).block(0)).isEqualTo(6);
    }

    @Test
    void equalSeedsGiveEqualSchedulesAndOthersDoNot() {
        assertThat(seconds(Schedule.spread(TRACE, 7))).isEqualTo(seconds(Schedule.spread(TRACE, 7)));
        assertThat(seconds(Schedule.spread(TRACE, 7))).isNotEqualTo(seconds(Schedule.spread(TRACE, 8)));
    }

    @Test
    void aRateScalesAllTimesAlike() {
        var own = Schedule.spread(TRACE, 3);
        var fast = own.at(10);

        assertThat(fast.rate()).isCloseTo(10, within(1e-9));
        assertThat(fast.seconds(3) / fast.seconds(5)).isCloseTo(own.seconds(3) / own.seconds(5), within(1e-9));
    }

    @Test
    void ratesAreMultiplesRequestsASecondOrSharesOfCapacity() {
        assertThat(Rate.parse("x2").perSecond(3, 50)).isEqualTo(6);
        assertThat(Rate.parse("35/s").perSecond(3, 50)).isEqualTo(35);
        assertThat(Rate.parse("80%").perSecond(3, 50)).isEqualTo(40);
        assertThat(Rate.parse("80%")).hasToString("80%");
        assertThat(Rate.parse("x1.5")).hasToString("x1.5");
    }

    @Test
    void requestsAreSentWhenTheScheduleSays() {
        var clock = new AtomicLong(1_000);
        var loop = new OpenLoop(clock::get, until -> clock.accumulateAndGet(until, Math::max));
        var schedule = Schedule.spread(TRACE, 1);
        var sent = new ArrayList<Long>();

        long start = loop.send(schedule, new ChatBody("m"), (index, request, intended, body) -> {
            assertThat(clock.get()).isEqualTo(intended);
            sent.add(intended);
        });

        assertThat(sent).hasSize(6);
        for (int i = 0; i < sent.size(); i++) {
            assertThat((sent.get(i) - start) / 1e9).isCloseTo(schedule.seconds(i), within(1e-6));
        }
    }

    @Test
    void aLateClientSendsAtOnceAndKeepsTheIntendedTimes() {
        var clock = new AtomicLong();
        // every sleep takes ten seconds too long
        var loop = new OpenLoop(clock::get, until -> clock.set(Math.max(clock.get(), until) + 10_000_000_000L));
        var schedule = Schedule.spread(TRACE, 1);
        var intendedTimes = new ArrayList<Long>();

        long start =
                loop.send(schedule, new ChatBody("m"), (index, request, intended, body) -> intendedTimes.add(intended));

        assertThat(intendedTimes).isSorted();
        assertThat((intendedTimes.getLast() - start) / 1e9).isCloseTo(schedule.seconds(5), within(1e-6));
    }
}
