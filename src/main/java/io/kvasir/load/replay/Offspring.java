package io.kvasir.load.replay;

import java.util.Arrays;
import java.util.List;

/** Which requests wait for the end of which, in the order of their ids. */
final class Offspring {
    private final int[] first;
    private final int[] next;

    /** @throws IllegalArgumentException where a request does not stand at the place of its id */
    Offspring(List<ReplayRequest> requests) {
        first = new int[requests.size()];
        next = new int[requests.size()];
        Arrays.fill(first, -1);
        Arrays.fill(next, -1);
        for (int id = requests.size() - 1; id >= 0; id--) {
            var request = requests.get(id);
            if (request.id() != id) {
                throw new IllegalArgumentException("request " + request.id() + " stands at place " + id);
            }
            if (request.parent() >= 0) {
                next[id] = first[request.parent()];
                first[request.parent()] = id;
            }
        }
    }

    /** The first that waits for a request; -1 for none. */
    int first(int id) {
        return first[id];
    }

    /** The next that waits for the same one; -1 for none. */
    int next(int id) {
        return next[id];
    }
}
