package io.kvasir.load.replay.arm;

import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.RequestResult;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What rivals' routers keep books of: by replica, the requests in flight, the uncached prompt tokens of those without a first
 * token, and the tokens of all their prompts.
 */
final class ActiveWork {
    private record Placed(int replica, int uncached, int prompt) {}

    private final Map<Integer, Placed> placed = new HashMap<>();
    private int[] requests = new int[16];
    private long[] prefillTokens = new long[16];
    private long[] promptTokens = new long[16];
    private long[] ever = new long[16];

    void placed(ReplayRequest request, int replica, int cached) {
        room(replica);
        int prompt = request.prompt().length();
        int uncached = Math.max(0, prompt - cached);
        placed.put(request.id(), new Placed(replica, uncached, prompt));
        requests[replica]++;
        prefillTokens[replica] += uncached;
        promptTokens[replica] += prompt;
        ever[replica] += uncached;
    }

    void begun(ReplayRequest request) {
        var one = placed.get(request.id());
        if (one != null) {
            prefillTokens[one.replica] -= one.uncached;
        }
    }

    void finished(RequestResult result) {
        var one = placed.remove(result.request().id());
        if (one != null) {
            requests[one.replica]--;
            promptTokens[one.replica] -= one.prompt;
        }
    }

    private void room(int replica) {
        if (replica >= requests.length) {
            int size = Math.max(replica + 1, 2 * requests.length);
            requests = Arrays.copyOf(requests, size);
            prefillTokens = Arrays.copyOf(prefillTokens, size);
            promptTokens = Arrays.copyOf(promptTokens, size);
            ever = Arrays.copyOf(ever, size);
        }
    }

    /** Requests in flight. */
    int requests(int replica) {
        return replica < requests.length ? requests[replica] : 0;
    }

    /** Uncached prompt tokens of requests whose first token is awaited. */
    long prefillTokens(int replica) {
        return replica < prefillTokens.length ? prefillTokens[replica] : 0;
    }

    /** Prompt tokens of requests in flight. */
    long promptTokens(int replica) {
        return replica < promptTokens.length ? promptTokens[replica] : 0;
    }

    /** Uncached prompt tokens ever sent there. */
    long everSent(int replica) {
        return replica < ever.length ? ever[replica] : 0;
    }
}
