package io.kvasir.discovery.hardware;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jboss.logging.Logger;

/** Identifies pods' hardware and tells once of what is worth knowing: shared devices and what is not certain. */
public final class HardwareReports implements Metered {
    private static final Logger LOG = Logger.getLogger(HardwareReports.class);
    private static final int MOST_TOLD = 64;

    private final HardwareLabels labels;
    private final AtomicLongArray notes = new AtomicLongArray(HardwareNote.values().length);
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    public HardwareReports(HardwareLabels labels) {
        this.labels = labels;
    }

    /**
     * What a pod runs on.
     *
     * @param pod its name, for the log
     */
    public HardwareIdentity identify(String pod, HardwareHints hints) {
        var identity = labels.identify(hints);
        String kind = kind(identity);
        for (HardwareNote note : identity.notes()) {
            notes.getAndIncrement(note.ordinal());
            if (first(note.code() + " " + kind)) {
                LOG.warnf("%s: hardware %s is not certain: %s", pod, kind, note.code());
            }
        }
        if (identity.sharing() > 1 && first(identity.strategy().code() + " " + identity.sharing() + " " + kind)) {
            LOG.infof(
                    "%s: each %s is shared by %d replicas (%s) and counts as that part",
                    pod, kind, identity.sharing(), identity.strategy().code());
        }
        return identity;
    }

    private static String kind(HardwareIdentity identity) {
        String product = identity.product() != null ? identity.product() : identity.vendor();
        return (product == null ? "device" : product)
                + (identity.partition() == null ? "" : "/" + identity.partition());
    }

    private boolean first(String what) {
        return told.size() < MOST_TOLD && told.add(what);
    }

    /** How often an identification had that note. */
    public long noted(HardwareNote note) {
        return notes.get(note.ordinal());
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_hardware_notes",
                "Identifications of hardware that are not certain, by reason.",
                "reason",
                HardwareNote.values(),
                HardwareNote::code,
                this::noted);
    }
}
