package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Replica;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/** Names hardware that the catalogue does not know: each product once in the log, and on the page while it is there. */
final class UnknownHardware implements PoolListener, Metered {
    /** Most products on the page at a time, and in the log since the start; more are {@code other}. */
    static final int MOST = 64;

    private static final String OTHER = "other";
    private static final Logger LOG = Logger.getLogger(UnknownHardware.class);

    private final Map<Replica, String> present = new HashMap<>();
    private final Set<String> told = new HashSet<>();

    @Override
    public synchronized void added(Endpoint endpoint) {
        if (endpoint.hardware().known()) {
            return;
        }
        String product = product(endpoint);
        present.put(endpoint.replica(), product);
        if (told.size() < MOST && told.add(product)) {
            LOG.warnf(
                    "%s: hardware %s is not in the catalogue; it counts as %.2g of an H100, by %s",
                    endpoint.spec().name(),
                    product,
                    endpoint.hardware().relativeCapacity(),
                    endpoint.hardware().basis().words());
        }
    }

    @Override
    public synchronized void changed(Endpoint was, Endpoint is) {
        removed(was);
        added(is);
    }

    @Override
    public synchronized void removed(Endpoint endpoint) {
        present.remove(endpoint.replica());
    }

    private static String product(Endpoint endpoint) {
        var spec = endpoint.spec();
        if (spec.product() == null) {
            return spec.vendor() == null ? "not-told" : "not-told/" + spec.vendor();
        }
        return spec.partition() == null ? spec.product() : spec.product() + "/" + spec.partition();
    }

    @Override
    public synchronized void describe(MetricSink sink) {
        var counts = new TreeMap<String, Integer>();
        for (String product : present.values()) {
            counts.merge(product, 1, Integer::sum);
        }
        while (counts.size() > MOST + (counts.containsKey(OTHER) ? 1 : 0)) {
            String last = counts.lastKey().equals(OTHER) ? counts.lowerKey(OTHER) : counts.lastKey();
            counts.merge(OTHER, counts.remove(last), Integer::sum);
        }
        counts.forEach((product, count) -> sink.gauge(
                "kvasir_unknown_hardware",
                "Endpoints on hardware that the catalogue does not know, by product.",
                count,
                "product",
                product));
    }
}
