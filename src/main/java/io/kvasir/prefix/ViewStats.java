package io.kvasir.prefix;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;

/**
 * What a view holds and costs.
 *
 * @param late words about endpoints that had left already, as of the ends of their requests; they were ignored
 * @param beyond calls about endpoints whose ordinal is beyond what the view was made for
 */
public record ViewStats(PrefixSource source, PrefixIndex.Stats index, long late, long beyond) implements Metered {

    @Override
    public void describe(MetricSink sink) {
        String code = source.code();
        sink.gauge("kvasir_prefix_blocks", "Blocks in the prefix index.", index.blocks(), "view", code);
        sink.gauge("kvasir_prefix_runs", "Runs of blocks in the prefix index.", index.runs(), "view", code);
        sink.counter("kvasir_prefix_late", "Ends of requests whose endpoint had left.", late, "view", code);
    }
}
