package io.kvasir.load;

import io.kvasir.clock.ScaledClock;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/**
 * Sends load to one router: small requests to warm it up, then a schedule or a closed loop.
 *
 * @param target base URL
 * @param model name of the model to ask for
 * @param clock the time of the engines: what is measured is theirs
 * @param classOf hardware class of an endpoint by its name
 * @param cpu reads processor times
 * @param progress is told how it goes
 */
record Replay(
        URI target,
        String model,
        ScaledClock clock,
        UnaryOperator<String> classOf,
        Supplier<CpuSeconds> cpu,
        Progress progress) {
    private static final int WARM_UP_CONCURRENCY = 16;
    private static final int WARM_UP_INPUT = 400;
    private static final int WARM_UP_OUTPUT = 100;
    private static final long FIRST_WARM_UP_BLOCK = 1L << 50;
    private static final long STUCK_SECONDS = 300;

    /** Share of requests that may fail while capacity is measured; those that do are not counted as completed. */
    private static final double MOST_FAILED = 0.01;

    /**
     * Sends small requests that share nothing, so that no program is measured cold.
     *
     * @throws IOException if one of them fails
     */
    void warmUp(int requests) throws IOException {
        if (requests == 0) {
            return;
        }
        var trace = new Trace(LongStream.range(0, requests)
                .mapToObj(i -> new TraceRequest(0, WARM_UP_INPUT, WARM_UP_OUTPUT, new long[] {FIRST_WARM_UP_BLOCK + i}))
                .toList());
        try (var client = new LoadClient(target, clock)) {
            var samples = new ClosedLoop(trace, new ChatBody(model), client).start(WARM_UP_CONCURRENCY);
            boolean all = progress.await(samples, requests, 0, TimeUnit.SECONDS.toNanos(STUCK_SECONDS));
            var wrong =
                    samples.inOrderOfEnd().stream().filter(s -> !s.complete()).findFirst();
            if (wrong.isPresent() || !all) {
                throw new IOException("warm-up: a request to " + target + " failed: "
                        + wrong.map(Sample::outcome).orElse("no answer"));
            }
        }
    }

    /**
     * Sends a schedule and waits for the answers.
     *
     * @param ideal tokens an ideal cache would find, by request
     * @param drainSeconds simulated seconds to wait after the last is sent
     */
    Run run(Schedule schedule, int[] ideal, double drainSeconds) {
        var samples = new Collector();
        try (var client = new LoadClient(target, clock)) {
            client.onSample(samples::add);
            var before = cpu.get();
            new OpenLoop(clock).send(schedule, new ChatBody(model), (index, request, intended, body) -> {
                client.send(index, request, intended, body);
                progress.update(index + 1, schedule.size(), samples);
            });
            long drainNanos = clock.realNanos(Math.round(drainSeconds * 1e9));
            if (!progress.await(samples, schedule.size(), schedule.size(), drainNanos)) {
                client.abandon();
            }
            var used = cpu.get().minus(before);
            var all = samples.inOrderOfSchedule();
            return new Run(RunSummary.of(schedule.rate(), all, ideal, client.takeGaps(), classOf, used), all);
        }
    }

    /**
     * What a schedule came to.
     *
     * @param summary condensed
     * @param samples by request
     */
    record Run(RunSummary summary, List<Sample> samples) {}

    /**
     * Measures at which rate the pool completes requests when there are always enough of them: from the end of as many
     * requests as are in flight, when the first wave is over, to the sending of the last.
     *
     * @return requests per simulated second
     * @throws IOException if more than one request in a hundred fails
     */
    double capacity(Trace trace, int concurrency) throws IOException {
        int size = trace.requests().size();
        if (size < 3 * concurrency) {
            throw new IllegalArgumentException("capacity.requests: " + size + " in the trace's slice; at least 3 times "
                    + "capacity.concurrency, " + concurrency + ", are needed");
        }
        try (var client = new LoadClient(target, clock)) {
            var samples = new ClosedLoop(trace, new ChatBody(model), client).start(concurrency);
            int last = size - concurrency;
            progress.await(samples, last, 0, TimeUnit.SECONDS.toNanos(STUCK_SECONDS));
            client.abandon();
            var ended = samples.inOrderOfEnd();
            var wrong =
                    ended.stream().filter(s -> !s.complete() && !s.unfinished()).toList();
            if (wrong.size() > size * MOST_FAILED) {
                throw new IOException("capacity: " + wrong.size() + " requests failed, one with "
                        + wrong.getFirst().outcome());
            }
            var whole = ended.stream().filter(Sample::complete).toList();
            last -= wrong.size();
            if (whole.size() < last) {
                throw new IOException("capacity: only " + whole.size() + " of " + last + " requests ended in "
                        + STUCK_SECONDS + " s");
            }
            double nanos =
                    whole.get(last - 1).endNanos() - whole.get(concurrency - 1).endNanos();
            return (last - concurrency) / (nanos / 1e9);
        }
    }
}
