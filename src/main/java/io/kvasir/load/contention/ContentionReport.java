package io.kvasir.load.contention;

import io.kvasir.load.replay.Owner;
import io.kvasir.load.replay.Refused;
import io.kvasir.load.replay.ReplayResult;
import io.kvasir.load.replay.RequestResult;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What became of each stream in one run, in lines. */
final class ContentionReport {
    /** By how much a told time may miss the true one. */
    private static final double NEAR = 0.3;

    private final Contention scenario;
    private final ReplayResult result;
    private final @Nullable ReplayResult alone;

    /** @param alone the run of those that are measured, alone; null for none to compare with */
    ContentionReport(Contention scenario, ReplayResult result, @Nullable ReplayResult alone) {
        this.scenario = scenario;
        this.result = result;
        this.alone = alone;
    }

    /** A line for each stream, and one for all that were told to come again. */
    String text() {
        var out = new StringBuilder();
        for (var stream : scenario.streams()) {
            var mine = of(result, stream.name());
            if (!mine.isEmpty()) {
                out.append(line(stream, mine)).append('\n');
            }
        }
        var measured = scenario.streams().stream().filter(Stream::measured).toList();
        if (measured.size() > 1 && alone != null) {
            double now = p95(result, measured);
            out.append(String.format(
                    Locale.ROOT,
                    "  all measured   TTFT p95 %.3f s (x%.2f of alone)%n",
                    now,
                    now / p95(alone, measured)));
        }
        double[] off = offs(result.refusals());
        if (off.length > 0) {
            long near = Arrays.stream(off).filter(share -> share <= NEAR).count();
            out.append(String.format(
                    Locale.ROOT,
                    "  refusals %d, with a time and a line to compare %d: within 30 %% %.1f %%, p50 off %.0f %%, p90 off"
                            + " %.0f %%%n",
                    result.refusals().size(),
                    off.length,
                    100.0 * near / off.length,
                    100 * quantile(off, 0.5),
                    100 * quantile(off, 0.9)));
        }
        return out.toString();
    }

    private static double p95(ReplayResult run, List<Stream> streams) {
        var all = streams.stream()
                .flatMap(stream -> of(run, stream.name()).stream())
                .toList();
        return quantile(values(all, RequestResult::ttftSeconds), 0.95);
    }

    private static List<RequestResult> of(ReplayResult run, String kind) {
        return run.requests().stream()
                .filter(one -> one.request().kind().equals(kind))
                .toList();
    }

    private String line(Stream stream, List<RequestResult> mine) {
        double p95 = quantile(values(mine, RequestResult::ttftSeconds), 0.95);
        double before = alone == null
                ? Double.NaN
                : quantile(values(of(alone, stream.name()), RequestResult::ttftSeconds), 0.95);
        double done = (double) mine.stream().filter(RequestResult::complete).count() / mine.size();
        double longest = mine.stream()
                .mapToDouble(RequestResult::longestWaitSeconds)
                .max()
                .orElse(0);
        long retries = mine.stream().mapToLong(RequestResult::retries).sum();
        return String.format(
                Locale.ROOT,
                "  %-14s %6d requests, done %5.1f %%, TTFT p50 %.3f s p95 %.3f s%s, longest wait %.2f s, sent again %d,"
                        + " served %.0f tokens a second",
                stream.name(),
                mine.size(),
                100 * done,
                quantile(values(mine, RequestResult::ttftSeconds), 0.5),
                p95,
                Double.isNaN(before) ? "" : String.format(Locale.ROOT, " (x%.2f of alone)", p95 / before),
                longest,
                retries,
                tokens(mine, one -> true) / scenario.seconds());
    }

    /** Tokens computed for requests whose answer came within the time of arrivals. */
    private double tokens(List<RequestResult> mine, Predicate<RequestResult> which) {
        return mine.stream()
                .filter(one -> one.complete() && one.arrivalSeconds() + one.e2eSeconds() <= scenario.seconds())
                .filter(which)
                .mapToDouble(one -> one.request().prompt().length()
                        - Math.max(0, one.cachedTokens())
                        + one.request().outputTokens())
                .sum();
    }

    /**
     * Each tenant's service over its fair share of what all had, as max-min fairness gives it: as much as others, or all
     * that it asked for.
     */
    Map<String, Double> shares() {
        var served = new HashMap<String, Double>();
        var asked = new HashMap<String, Double>();
        for (var one : result.requests()) {
            var owner = one.request().owner();
            if (owner != null) {
                served.merge(owner.tenant(), tokens(List.of(one), _ -> true), Double::sum);
                asked.merge(
                        owner.tenant(),
                        (double) one.request().prompt().length() + one.request().outputTokens(),
                        Double::sum);
            }
        }
        double left = served.values().stream().mapToDouble(Double::doubleValue).sum();
        var shares = new HashMap<String, Double>();
        var open = new TreeSet<>(asked.keySet());
        while (!open.isEmpty()) {
            double equal = left / open.size();
            var content =
                    open.stream().filter(tenant -> wish(asked, tenant) <= equal).toList();
            if (content.isEmpty()) {
                open.forEach(tenant -> shares.put(tenant, wish(served, tenant) / equal));
                break;
            }
            for (String tenant : content) {
                shares.put(tenant, wish(served, tenant) / wish(asked, tenant));
                left -= wish(asked, tenant);
                open.remove(tenant);
            }
        }
        return shares;
    }

    private static double wish(Map<String, Double> of, String tenant) {
        return Objects.requireNonNullElse(of.get(tenant), 0.0);
    }

    /** By which share of it each told time missed how long the line took. */
    private static double[] offs(List<Refused> refusals) {
        return refusals.stream()
                .filter(one -> one.retryAfterSeconds() > 0 && one.lineSeconds() > 0)
                .mapToDouble(one -> Math.abs(one.retryAfterSeconds() - one.lineSeconds()) / one.lineSeconds())
                .toArray();
    }

    private static double[] values(List<RequestResult> of, ToDoubleFunction<RequestResult> value) {
        return of.stream().mapToDouble(value).filter(one -> !Double.isNaN(one)).toArray();
    }

    /** The value below which that share lies; NaN of none. */
    static double quantile(double[] values, double share) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - (share > 0 ? 1 : 0))];
    }

    /** Whose request it is, for messages. */
    static String tenant(@Nullable Owner owner) {
        return owner == null ? "" : owner.tenant();
    }
}
