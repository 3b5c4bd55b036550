package io.kvasir.schedule;

import io.kvasir.metric.LatencyBuckets;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.HashSet;
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
        describe(sink, filters);
        describe(sink, scorers);
        describe(sink, picker);
    }

    /** Ones of the same name are told apart by their number. */
    private void describe(MetricSink sink, Timed... ofPoint) {
        var names = new HashSet<String>();
        for (Timed one : ofPoint) {
            String name = one.name;
            for (int number = 2; !names.add(name); number++) {
                name = one.name + "-" + number;
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
                    name);
        }
    }
}
