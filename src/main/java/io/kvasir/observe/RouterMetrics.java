package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.Router;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;

/** All metrics: read from what counts when a page is asked for. */
public final class RouterMetrics extends Collector {
    private final List<Metered> all = new ArrayList<>();
    private final Families.Overflow overflow = new Families.Overflow();

    /** @param others what doors and senses count */
    public RouterMetrics(Router router, List<Metered> others) {
        var traffic = new HardwareTraffic(router::nanoTime);
        var unknown = new UnknownHardware();
        var drift = new RateDrift(router.time());
        router.events().listen(RateDrift.kinds(), drift);
        router.pool().listen(traffic);
        router.pool().listen(unknown);
        all.add(router);
        all.add(traffic);
        all.add(unknown);
        all.add(drift);
        all.add(sink -> standstills(router, sink));
        all.addAll(others);
    }

    private static void standstills(Router router, MetricSink sink) {
        var standstill = new Standstill(router.time(), router.freshNanos());
        long now = router.nanoTime();
        for (var endpoint : router.pool().snapshot().endpoints()) {
            sink.gauge(
                    "kvasir_endpoint_standstill_seconds",
                    "Time for which it has begun no answer, though requests wait for one longer than they should; else 0.",
                    standstill.seconds(endpoint, now),
                    "endpoint",
                    endpoint.spec().name());
        }
    }

    @Override
    public List<MetricFamilySamples> collect() {
        var families = new Families(overflow);
        for (var one : all) {
            one.describe(families);
        }
        return families.all();
    }
}
