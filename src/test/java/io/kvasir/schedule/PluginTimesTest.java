package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.metric.Histogram;
import io.kvasir.metric.MetricSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PluginTimesTest {
    /** Labels of the series of that point. */
    private static List<String> plugins(PluginTimes times, String point) {
        var names = new ArrayList<String>();
        times.describe(new MetricSink() {
            @Override
            public void counter(String name, String help, double value, String... labels) {}

            @Override
            public void gauge(String name, String help, double value, String... labels) {}

            @Override
            public void histogram(String name, String help, Histogram buckets, String... labels) {
                var all = List.of(labels);
                if (all.contains(point)) {
                    names.add(all.get(all.indexOf("plugin") + 1));
                }
            }
        });
        return names;
    }

    private static Profile.Weighted scorer(String name) {
        return new Profile.Weighted(new MediaCacheScorer(), 1, name);
    }

    @Test
    void noTwoSeriesAreAlikeWhateverPluginsAreCalled() {
        var times = new PluginTimes(
                "p",
                List.of(RoleFilter.decode(), RoleFilter.decode()),
                List.of(scorer("a"), scorer("a"), scorer("a-2"), scorer("b")),
                new MaxScorePicker(0));

        assertThat(plugins(times, "Filter")).containsExactly("decode-filter", "decode-filter-2");
        assertThat(plugins(times, "Scorer")).containsExactly("a", "a-2", "a-2-2", "b");
        assertThat(plugins(times, "Picker")).containsExactly("max-score-picker");
    }
}
