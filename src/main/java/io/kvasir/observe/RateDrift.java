package io.kvasir.observe;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.TimeModel;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.RouterListener;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;

/** The alarm that replicas of a class no longer are as fast as was known: one line when it begins and ends, and a metric. */
final class RateDrift implements RouterListener, Metered {
    private static final Logger LOG = Logger.getLogger(RateDrift.class);

    private final TimeModel time;
    private final BiConsumer<Boolean, String> log;
    private final AtomicLong begun = new AtomicLong();

    RateDrift(TimeModel time) {
        this(time, (bad, line) -> LOG.log(bad ? Logger.Level.WARN : Logger.Level.INFO, line));
    }

    /** @param log takes whether something is wrong, and the line that says so */
    RateDrift(TimeModel time, BiConsumer<Boolean, String> log) {
        this.time = time;
        this.log = log;
    }

    /** What it listens to. */
    static Set<RouterEvent.Kind> kinds() {
        return EnumSet.of(RouterEvent.Kind.RATES_DRIFTED);
    }

    @Override
    public void on(RouterEvent event) {
        if (event instanceof RouterEvent.RatesDrifted(long _, ClassRates rates, boolean drifted)) {
            if (drifted) {
                begun.incrementAndGet();
            }
            String who = rates.key().hardware().name() + " with a model of "
                    + Digits.sensible(rates.key().model().activeParameters() * 1e-9) + " B parameters";
            log.accept(
                    drifted,
                    drifted
                            ? who + ": replicas are not as fast as they were known to be; predictions are off by "
                                    + Math.round(100 * rates.usualError()) + " %, and rates are learned anew"
                            : who + ": predictions are good again");
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counter(
                "kvasir_rate_drifts",
                "Times that replicas of a class were no longer as fast as was known.",
                begun.get());
        var errors = new TreeMap<String, Integer>();
        for (var rates : time.drifting()) {
            errors.merge(rates.key().hardware().name(), 1, Integer::sum);
        }
        errors.forEach((hardware, count) -> sink.gauge(
                "kvasir_rates_drifting",
                "Classes of replicas, by hardware, that are not as fast now as was known; absent where all are.",
                count,
                "hardware",
                hardware));
    }
}
