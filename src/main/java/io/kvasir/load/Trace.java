package io.kvasir.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * Requests in order of arrival.
 *
 * @param requests at least one
 */
public record Trace(List<TraceRequest> requests) {
    public Trace {
        if (requests.isEmpty()) {
            throw new IllegalArgumentException("no request in the trace or its slice");
        }
        requests = List.copyOf(requests);
    }

    /** The first {@code count} requests, or all if there are fewer. */
    Trace first(int count) {
        return new Trace(requests.subList(0, Math.min(count, requests.size())));
    }

    /** The requests that came in the first {@code minutes}. */
    Trace firstMinutes(double minutes) {
        double end = requests.getFirst().timestampMillis() + minutes * 60_000;
        return new Trace(
                requests.stream().filter(r -> r.timestampMillis() < end).toList());
    }

    /** The same arrivals and lengths, no two prompts sharing a block. */
    Trace unique() {
        var changed = new ArrayList<TraceRequest>(requests.size());
        // above any id of a trace, so that a unique prompt shares nothing with a shared one either
        long next = 1L << 40;
        for (var request : requests) {
            var blocks = new long[request.blockCount()];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = next++;
            }
            changed.add(
                    new TraceRequest(request.timestampMillis(), request.inputTokens(), request.outputTokens(), blocks));
        }
        return new Trace(changed);
    }

    /** Tokens of all prompts. */
    long inputTokens() {
        return requests.stream().mapToLong(TraceRequest::inputTokens).sum();
    }

    /**
     * For each request, the leading tokens of its prompt that are in an earlier prompt of this trace: what one cache
     * that never evicts would find.
     */
    int[] idealCachedTokens() {
        var ideal = new int[requests.size()];
        var longest = new HashMap<Long, Integer>();
        for (int r = 0; r < ideal.length; r++) {
            var request = requests.get(r);
            boolean prefix = true;
            for (int i = 0; i < request.blockCount(); i++) {
                int tokens = request.tokensOfBlock(i);
                int before = longest.getOrDefault(request.block(i), 0);
                if (prefix) {
                    ideal[r] += Math.min(before, tokens);
                    prefix = before >= tokens;
                }
                if (tokens > before) {
                    longest.put(request.block(i), tokens);
                }
            }
        }
        return ideal;
    }
}
