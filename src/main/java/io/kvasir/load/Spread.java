package io.kvasir.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.HdrHistogram.Histogram;

/**
 * How values spread: nearest-rank percentiles, mean and largest; all 0 if there is no value.
 *
 * @param count number of values
 */
record Spread(long count, double p50, double p90, double p99, double mean, double max) {
    /** Of these values, in any order. */
    static Spread of(double[] values) {
        if (values.length == 0) {
            return new Spread(0, 0, 0, 0, 0, 0);
        }
        var sorted = values.clone();
        Arrays.sort(sorted);
        return new Spread(
                sorted.length,
                rank(sorted, 0.5),
                rank(sorted, 0.9),
                rank(sorted, 0.99),
                Arrays.stream(sorted).average().orElse(0),
                sorted[sorted.length - 1]);
    }

    /** Of a histogram's values, converted to another unit. */
    static Spread of(Histogram values, DoubleUnaryOperator unit) {
        if (values.getTotalCount() == 0) {
            return of(new double[0]);
        }
        return new Spread(
                values.getTotalCount(),
                unit.applyAsDouble(values.getValueAtPercentile(50)),
                unit.applyAsDouble(values.getValueAtPercentile(90)),
                unit.applyAsDouble(values.getValueAtPercentile(99)),
                unit.applyAsDouble(values.getMean()),
                unit.applyAsDouble(values.getMaxValue()));
    }

    private static double rank(double[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }

    ObjectNode toJson() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("count", count)
                .put("p50", round(p50))
                .put("p90", round(p90))
                .put("p99", round(p99))
                .put("mean", round(mean))
                .put("max", round(max));
    }

    static Spread fromJson(JsonNode node) {
        return new Spread(
                node.path("count").asLong(),
                node.path("p50").asDouble(),
                node.path("p90").asDouble(),
                node.path("p99").asDouble(),
                node.path("mean").asDouble(),
                node.path("max").asDouble());
    }

    private static double round(double value) {
        return Math.rint(value * 1e5) / 1e5;
    }
}
