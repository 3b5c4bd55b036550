package io.kvasir.load.replay;

import io.kvasir.load.replay.arm.Arms;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How fast virtual time passes: runs one arm, or all, over Poisson arrivals with the lengths of the Mooncake conversation trace (12,000
 * tokens of prompt, of which a shared prefix of a third, and 343 of output) and prints steps and decisions per second. A program,
 * not a harness of short pieces: {@code ReplaySpeed POOL RATE SECONDS ARM|all [oracle]}.
 */
public final class ReplaySpeed {
    private static final int PREFIXES = 400;
    private static final int PREFIX = 4_400;
    private static final double MEAN_OWN = 7_600;
    private static final double MEAN_OUTPUT = 343;

    private ReplaySpeed() {}

    public static void main(String[] args) {
        var pool = ReplayPool.of("pool", args[0]);
        double rate = Double.parseDouble(args[1]);
        double seconds = Double.parseDouble(args[2]);
        var settings = args.length > 4 ? ReplaySettings.DEFAULT.withOracle() : ReplaySettings.DEFAULT;
        var workload = new ReplayWorkload() {
            @Override
            public String name() {
                return "conversation lengths";
            }

            @Override
            public List<ReplayRequest> requests(long seed, double perSecond) {
                return arrivals(seed, perSecond, seconds);
            }
        };
        var arms = args[3].equals("all") ? Arms.all() : List.of(Arms.named(args[3]));
        for (var arm : arms) {
            print(new ReplayRun(pool, workload, arm, 1, rate, settings).run());
        }
    }

    private static void print(ReplayResult result) {
        var ttft = new Latencies();
        var e2e = new Latencies();
        result.requests().stream().filter(RequestResult::complete).forEach(r -> {
            ttft.add(r.ttftSeconds());
            e2e.add(r.e2eSeconds());
        });
        double busy = result.replicas().stream()
                .mapToDouble(ReplicaResult::busySeconds)
                .sum();
        System.out.printf(
                Locale.ROOT,
                "%s: %d replicas, %d requests, %.0f s of virtual time in %.1f s; %.2f M steps (%.2f M/s), %.0f decisions/s; "
                        + "busy %.0f %%, TTFT p50 %.3f p90 %.3f s, E2E p90 %.2f s, %d unfinished%n",
                result.arm(),
                result.replicas().size(),
                result.requests().size(),
                result.virtualSeconds(),
                result.wallSeconds(),
                result.steps() / 1e6,
                result.steps() / 1e6 / result.wallSeconds(),
                result.decisions() / result.wallSeconds(),
                100 * busy / result.replicas().size() / result.virtualSeconds(),
                ttft.quantile(0.5),
                ttft.quantile(0.9),
                e2e.quantile(0.9),
                result.requests().stream().filter(r -> !r.complete()).count());
        var asked =
                result.requests().stream().filter(r -> r.oracleReplica() >= 0).toList();
        if (!asked.isEmpty()) {
            System.out.printf(
                    Locale.ROOT,
                    "  the informed greedy would have chosen otherwise in %.0f %%; regret %.3f s a request%n",
                    100.0 * asked.stream().filter(r -> r.regretSeconds() > 0).count() / asked.size(),
                    asked.stream()
                            .mapToDouble(RequestResult::regretSeconds)
                            .filter(Double::isFinite)
                            .average()
                            .orElse(0));
        }
    }

    private static List<ReplayRequest> arrivals(long seed, double rate, double seconds) {
        var random = new SplittableRandom(seed);
        var requests = new ArrayList<ReplayRequest>();
        double at = exponential(random, 1 / rate);
        while (at < seconds) {
            int id = requests.size();
            int own = 1 + (int) exponential(random, MEAN_OWN);
            int output = 1 + (int) exponential(random, MEAN_OUTPUT);
            var prompt = PromptShape.of(
                    new long[] {random.nextInt(PREFIXES), 1_000_000_000L + id},
                    new int[] {PREFIX, Math.min(own, 100_000)});
            requests.add(ReplayRequest.alone(id, at, prompt, 2_000_000_000L + id, Math.min(output, 4_000)));
            at += exponential(random, 1 / rate);
        }
        return requests;
    }

    private static double exponential(SplittableRandom random, double mean) {
        return -Math.log(1 - random.nextDouble()) * mean;
    }
}
