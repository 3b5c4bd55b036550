package io.kvasir.load.workload;

import io.kvasir.load.Schedule;
import io.kvasir.load.Trace;
import io.kvasir.load.TraceRequest;
import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recorded trace, or as many of its requests in a row as a run takes, from a place that the seed tells; times are spread
 * within the trace's ticks and scaled to the rate. Open loop: a trace does not say who waited for whom.
 *
 * @param name in reports
 * @param trace what was recorded
 * @param seconds of arrivals; fewer where the trace is too short for that at a rate
 * @param slo what each request is to meet; null for nothing
 */
public record TraceWorkload(
        String name, Trace trace, double seconds, @Nullable Slo slo) implements ReplayWorkload {
    /** Answers are known by ids that no block of a trace has. */
    private static final long ANSWERS = 1L << 60;

    @Override
    public List<ReplayRequest> requests(long seed, double rate) {
        int all = trace.requests().size();
        int count = Math.min(Timeline.count(seconds, rate), all);
        int from = new Draw(seed, name).whole(0, all - count);
        var part = new Trace(trace.requests().subList(from, from + count));
        var schedule = Schedule.spread(part, seed).at(rate);
        var requests = new ArrayList<ReplayRequest>(count);
        for (int i = 0; i < count; i++) {
            var request = schedule.request(i);
            requests.add(new ReplayRequest(
                    i,
                    -1,
                    -1,
                    schedule.seconds(i),
                    0,
                    shape(request),
                    ANSWERS + from + i,
                    request.outputTokens(),
                    0,
                    "",
                    "request",
                    slo));
        }
        return requests;
    }

    private static PromptShape shape(TraceRequest request) {
        long[] ids = new long[request.blockCount()];
        int[] tokens = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = request.block(i);
            tokens[i] = request.tokensOfBlock(i);
        }
        return PromptShape.of(ids, tokens);
    }
}
