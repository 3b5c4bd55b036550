package io.kvasir.load.contention;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.load.replay.Owner;
import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One scenario.
 *
 * @param name of its file
 * @param question what it is to show
 * @param pool its replicas, such as {@code h200=2,mig-1g=1}
 * @param seconds of arrivals
 * @param drainSeconds that requests have to end after the last arrival
 * @param seeds of arrivals, lengths and engines' hidden rates
 * @param flow how requests wait
 */
record Contention(
        String name,
        String question,
        String pool,
        double seconds,
        double drainSeconds,
        List<Long> seeds,
        FlowSettings flow,
        List<Stream> streams) {

    /** Its requests; only those that are measured where those run alone. */
    ReplayWorkload workload(boolean alone) {
        return new ReplayWorkload() {
            @Override
            public String name() {
                return Contention.this.name;
            }

            @Override
            public List<ReplayRequest> requests(long seed, double rate) {
                return made(seed, alone);
            }
        };
    }

    private record Coming(double at, Stream stream, int input, int output) {}

    private List<ReplayRequest> made(long seed, boolean alone) {
        var coming = new ArrayList<Coming>();
        for (var stream : streams) {
            // each has chance of its own, so that those that are measured are the same alone
            var random = new SplittableRandom(
                    seed * 0x9E3779B97F4A7C15L ^ stream.name().hashCode());
            if (!alone || stream.measured()) {
                coming(stream, random, coming);
            }
        }
        coming.sort(Comparator.comparingDouble(Coming::at));
        var requests = new ArrayList<ReplayRequest>(coming.size());
        for (var next : coming) {
            int id = requests.size();
            requests.add(new ReplayRequest(
                    id,
                    -1,
                    -1,
                    next.at,
                    0,
                    PromptShape.EMPTY.then(1L + id, next.input),
                    1_000_000_000L + id,
                    next.output,
                    0,
                    "",
                    next.stream.name(),
                    null,
                    new Owner(next.stream.tenant(), next.stream.priority(), next.stream.retries())));
        }
        return requests;
    }

    private void coming(Stream stream, SplittableRandom random, List<Coming> into) {
        double until = Math.min(seconds, stream.untilSeconds());
        if (stream.rate() > 0) {
            double at = stream.fromSeconds() - Math.log(1 - random.nextDouble()) / stream.rate();
            for (; at < until; at -= Math.log(1 - random.nextDouble()) / stream.rate()) {
                into.add(one(at, stream, random));
            }
        }
        for (double burst : stream.bursts()) {
            for (int i = 0; i < stream.burst(); i++) {
                // a client's connections open within some milliseconds
                into.add(one(burst + i * 1e-4, stream, random));
            }
        }
    }

    private static Coming one(double at, Stream stream, SplittableRandom random) {
        return new Coming(
                at,
                stream,
                random.nextInt(stream.input()[0], stream.input()[1] + 1),
                random.nextInt(stream.output()[0], stream.output()[1] + 1));
    }
}
