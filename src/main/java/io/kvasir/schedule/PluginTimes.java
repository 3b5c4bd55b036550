package io.kvasir.schedule;

import io.kvasir.metric.LatencyBuckets;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.List;

/** How long each plug-in of a profile takes, of the decisions that are {@linkplain SchedulingContext#timed timed}. */
final class PluginTimes implements Metered {
    private record Timed(String point, String type, String name, LatencyBuckets buckets) {
        Timed(String point, String type, String name) {
            this(point, type, name, LatencyBuckets.ofDecisions());
        }
    }

    private final String profile;
    private final Timed[] filters;
    private final Timed[] scorers;
    private final Timed picker;

    PluginTimes(String profile, List<Filter> filters, List<Profile.Weighted> scorers, Picker picker) {
        this.profile = profile;
        this.filters = filters.stream()
                .map(filter -> new Timed("Filter", filter.name(), filter.name()))
                .toArray(Timed[]::new);
        this.scorers = scorers.stream()
                .map(weighted -> new Timed("Scorer", weighted.scorer().name(), weighted.name()))
                .toArray(Timed[]::new);
        this.picker = new Timed("Picker", picker.name(), picker.name());
    }

    void filtered(int place, long nanos) {
        filters[place].buckets.record(nanos);
    }

    void scored(int place, long nanos) {
        scorers[place].buckets.record(nanos);
    }

    void picked(long nanos) {
        picker.buckets.record(nanos);
    }

    @Override
    public void describe(MetricSink sink) {
        for (int i = 0; i < filters.length; i++) {
            describe(sink, filters[i], i, filters);
        }
        for (int i = 0; i < scorers.length; i++) {
            describe(sink, scorers[i], i, scorers);
        }
        describe(sink, picker, 0, picker);
    }

    /** One that stands several times in a profile is told apart by its place. */
    private void describe(MetricSink sink, Timed one, int place, Timed... all) {
        int same = 0;
        for (int i = 0; i < place; i++) {
            same += all[i].name.equals(one.name) ? 1 : 0;
        }
        sink.histogram(
                "kvasir_plugin_seconds",
                "Time that plug-ins take, of one decision in 16.",
                one.buckets,
                "profile",
                profile,
                "point",
                one.point,
                "type",
                one.type,
                "plugin",
                same == 0 ? one.name : one.name + "-" + (same + 1));
    }
}
