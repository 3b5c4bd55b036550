package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.TestAdmission;
import io.kvasir.clock.ScaledClock;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a stream waits whose request is held, by a clock that engines live by ten times as fast. */
class WaitTimesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int SPEED = 10;

    private final AtomicLong real = new AtomicLong(1);
    private final ScaledClock clock = ScaledClock.of(real::get, SPEED);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ExtProcCounts counts = new ExtProcCounts();
    private final BodyBudget budget = new BodyBudget(1 << 20);
    private final RecordingOutlet outlet = new RecordingOutlet();
    private final TestAdmission admission = new TestAdmission(TestAdmission.Mode.HOLD);
    private final Router router = router();
    private final ProcessorStream stream = new ProcessorStream(
            new StreamContext(router, StreamSettings.DEFAULT, budget, counts, (_, _) -> {}), outlet);

    private Router router() {
        pool.apply(PickerFixture.specs(List.of("10.0.0.1:8000")));
        var time = new TimeModel(ModelCatalogue.load());
        var made = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, clock, 1),
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock,
                new SplittableRandom(3)::split);
        made.admission(admission);
        return made;
    }

    private void begin() {
        stream.receive(Messages.chatHead());
        stream.receive(Messages.requestBody(Messages.chat(100), true));
    }

    @Test
    void aTimerThatCameTooEarlyIsSetAgain() {
        admission.patience(SPEED * SECOND);
        begin();
        real.addAndGet(SECOND - 1);
        Objects.requireNonNull(outlet.timed).run();
        assertThat(outlet.completed).isZero();
        assertThat(outlet.timedNanos).isEqualTo(1);

        real.addAndGet(1);
        Objects.requireNonNull(outlet.timed).run();

        assertThat(outlet.completed).isEqualTo(1);
        assertThat(admission.waiting()).isZero();
        assertThat(budget.used()).isZero();
    }

    @Test
    void whoWaitedIsNotSilentFromThenOn() throws Exception {
        begin();
        real.addAndGet(2 * SECOND);
        stream.endSilence(SECOND);
        admission.letGo(admission.held());

        stream.endSilence(SECOND);

        assertThat(counts.of(StreamEvent.SILENT)).isZero();
        assertThat(pool.snapshot().at(0).load().requests()).isEqualTo(1);
        stream.cancelled();
        assertThat(pool.snapshot().at(0).load().requests()).isZero();
    }
}
