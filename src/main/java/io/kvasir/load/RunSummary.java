package io.kvasir.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.HdrHistogram.Histogram;

/**
 * What a run came to. Times are simulated seconds.
 *
 * @param offered requests per second of the schedule
 * @param requests number sent
 * @param complete answered whole
 * @param unfinished given up by the client when the time to drain was over; in {@code ttft} and {@code e2e} they count
 *     with the time they had waited by then, a lower bound
 * @param errors failed requests by what went wrong; in no time below
 * @param ttft to the first content, from when the schedule wanted the request sent
 * @param ttftFromSend to the first content, from when it was sent
 * @param e2e to the end of the answer, from when the schedule wanted it sent
 * @param tpot seconds per token after the first, of complete answers
 * @param gaps between events with content
 * @param lag how late requests were sent
 * @param promptTokens of complete answers, as engines reported
 * @param cachedTokens of these, found in caches
 * @param idealTokens of these, what one cache that never evicts would find
 * @param unreported complete answers without a count of cached tokens
 * @param byClass requests by the hardware class that served them
 * @param seconds from the first send to the last end
 * @param cpu processor time of the run
 * @param series what plots are made of
 */
record RunSummary(
        double offered,
        int requests,
        int complete,
        int unfinished,
        Map<String, Integer> errors,
        Spread ttft,
        Spread ttftFromSend,
        Spread e2e,
        Spread tpot,
        Spread gaps,
        Spread lag,
        long promptTokens,
        long cachedTokens,
        long idealTokens,
        int unreported,
        Map<String, Integer> byClass,
        double seconds,
        CpuSeconds cpu,
        RunSeries series) {
    private static final double NANO = 1e-9;

    /**
     * Condenses samples.
     *
     * @param ideal for each request of the schedule, leading tokens an ideal cache would find
     * @param gaps nanoseconds between events with content
     * @param classOf hardware class of an endpoint, by the name the router gives it
     */
    static RunSummary of(
            double offered,
            List<Sample> samples,
            int[] ideal,
            Histogram gaps,
            UnaryOperator<String> classOf,
            CpuSeconds cpu) {
        var errors = new TreeMap<String, Integer>();
        var byClass = new TreeMap<String, Integer>();
        for (var s : samples) {
            if (!s.complete() && !s.unfinished()) {
                errors.merge(s.outcome(), 1, Integer::sum);
            }
            if (!s.endpoint().isEmpty()) {
                byClass.merge(classOf.apply(s.endpoint()), 1, Integer::sum);
            }
        }
        var whole = samples.stream().filter(Sample::complete).toList();
        var counted =
                samples.stream().filter(s -> s.complete() || s.unfinished()).toList();
        long begin = samples.stream().mapToLong(Sample::intendedNanos).min().orElse(0);
        long end = samples.stream().mapToLong(Sample::endNanos).max().orElse(begin);
        return new RunSummary(
                offered,
                samples.size(),
                whole.size(),
                counted.size() - whole.size(),
                errors,
                spread(counted, s -> (firstOrEnd(s) - s.intendedNanos()) * NANO),
                spread(counted, s -> (firstOrEnd(s) - s.sentNanos()) * NANO),
                spread(counted, s -> (s.endNanos() - s.intendedNanos()) * NANO),
                spread(
                        whole.stream().filter(s -> s.tokens() > 1).toList(),
                        s -> (s.endNanos() - s.firstNanos()) * NANO / (s.tokens() - 1)),
                Spread.of(gaps, nanos -> nanos * NANO),
                spread(samples, s -> (s.sentNanos() - s.intendedNanos()) * NANO),
                whole.stream().mapToLong(s -> Math.max(0, s.promptTokens())).sum(),
                whole.stream().mapToLong(s -> Math.max(0, s.cachedTokens())).sum(),
                whole.stream().mapToLong(s -> ideal[s.index()]).sum(),
                (int) whole.stream().filter(s -> s.cachedTokens() < 0).count(),
                byClass,
                (end - begin) * NANO,
                cpu,
                RunSeries.of(samples, ideal));
    }

    private static long firstOrEnd(Sample s) {
        return s.firstNanos() < 0 ? s.endNanos() : s.firstNanos();
    }

    private static Spread spread(List<Sample> samples, ToDoubleFunction<Sample> value) {
        return Spread.of(samples.stream().mapToDouble(value).toArray());
    }

    /** Number of failed requests. */
    int failed() {
        return errors.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Cached tokens as a share of what an ideal cache would find; not a number where there is nothing to find. */
    double hitShare() {
        return idealTokens == 0 ? Double.NaN : (double) cachedTokens / idealTokens;
    }

    /** Share of the requests that a hardware class served. */
    double share(String hardwareClass) {
        int all = byClass.values().stream().mapToInt(Integer::intValue).sum();
        return all == 0 ? 0 : (double) byClass.getOrDefault(hardwareClass, 0) / all;
    }

    ObjectNode toJson() {
        var node = JsonNodeFactory.instance
                .objectNode()
                .put("offeredPerSecond", offered)
                .put("requests", requests)
                .put("complete", complete)
                .put("unfinished", unfinished);
        counts(errors, node.putObject("errors"));
        node.set("ttftSeconds", ttft.toJson());
        node.set("ttftFromSendSeconds", ttftFromSend.toJson());
        node.set("e2eSeconds", e2e.toJson());
        node.set("tpotSeconds", tpot.toJson());
        node.set("eventGapSeconds", gaps.toJson());
        node.set("scheduleLagSeconds", lag.toJson());
        node.put("promptTokens", promptTokens)
                .put("cachedTokens", cachedTokens)
                .put("idealCachedTokens", idealTokens)
                .put("answersWithoutCachedTokens", unreported);
        counts(byClass, node.putObject("requestsByClass"));
        node.put("seconds", seconds);
        node.putObject("cpuRealSeconds")
                .put("router", cpu.router())
                .put("engines", cpu.engines())
                .put("client", cpu.client());
        node.set("series", series.toJson());
        return node;
    }

    static RunSummary fromJson(JsonNode node) {
        var cpu = node.path("cpuRealSeconds");
        return new RunSummary(
                node.path("offeredPerSecond").asDouble(),
                node.path("requests").asInt(),
                node.path("complete").asInt(),
                node.path("unfinished").asInt(),
                counts(node.path("errors")),
                Spread.fromJson(node.path("ttftSeconds")),
                Spread.fromJson(node.path("ttftFromSendSeconds")),
                Spread.fromJson(node.path("e2eSeconds")),
                Spread.fromJson(node.path("tpotSeconds")),
                Spread.fromJson(node.path("eventGapSeconds")),
                Spread.fromJson(node.path("scheduleLagSeconds")),
                node.path("promptTokens").asLong(),
                node.path("cachedTokens").asLong(),
                node.path("idealCachedTokens").asLong(),
                node.path("answersWithoutCachedTokens").asInt(),
                counts(node.path("requestsByClass")),
                node.path("seconds").asDouble(),
                new CpuSeconds(
                        cpu.path("router").asDouble(),
                        cpu.path("engines").asDouble(),
                        cpu.path("client").asDouble()),
                RunSeries.fromJson(node.path("series")));
    }

    private static void counts(Map<String, Integer> counts, ObjectNode into) {
        counts.forEach((key, value) -> into.put(key, value));
    }

    private static Map<String, Integer> counts(JsonNode node) {
        var counts = new TreeMap<String, Integer>();
        node.properties().forEach(e -> counts.put(e.getKey(), e.getValue().asInt()));
        return counts;
    }
}
