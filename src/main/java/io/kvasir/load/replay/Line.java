package io.kvasir.load.replay;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Ordering;
import io.kvasir.request.Refusal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who waits to be let in, in order, and who was told to come again; by what these find it is seen what they were told. Where
 * the smallest is first, the line tells nothing: who comes later may go before.
 */
final class Line {
    /** What a refused request saw. */
    private record Told(Flight flight, long at, Refusal refusal) {}

    /** By whose turn comes first. */
    private final Map<Object, TreeSet<Flight>> lines = new HashMap<>();

    private final Map<Flight, List<Told>> behind = new HashMap<>();
    private final List<Refused> refused = new ArrayList<>();
    private static final Comparator<Flight> ORDER =
            Comparator.<Flight>comparingLong(flight -> flight.orderAt).thenComparingInt(flight -> flight.request.id());

    private final @Nullable FlowSettings flow;
    private int waiting;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    /** @param flow how they wait; null where nobody does */
    Line(@Nullable FlowSettings flow) {
        this.flow = flow;
    }

    /** Whoever is of one tenant and priority. */
    private static @Nullable Object of(Flight flight) {
        return flight.request.owner();
    }

    private static Object all(Flight flight) {
        var owner = flight.request.owner();
        return owner == null ? 0 : owner.priority();
    }

    /** Whether nobody waits. */
    boolean isEmpty() {
        return waiting == 0;
    }

    /** Something to be done for one that waits, in its turn. */
    void later(Runnable task) {
        tasks.add(task);
    }

    /** Does the next of these. */
    void next() {
        tasks.remove().run();
    }

    /** It begins to wait: last, unless it comes again and had been the first when its time was over. */
    void joined(Flight flight, long now) {
        flight.heldAt = now;
        flight.orderAt = flight.first ? flight.orderAt : now;
        flight.first = false;
        waiting++;
        lines.computeIfAbsent(of(flight), _ -> new TreeSet<>(ORDER)).add(flight);
        lines.computeIfAbsent(all(flight), _ -> new TreeSet<>(ORDER)).add(flight);
    }

    /**
     * It waits no longer, if it did.
     *
     * @param served whether its turn had come; else it tells nothing of how long the line takes
     */
    void left(Flight flight, boolean served, long now) {
        if (flight.heldAt == 0) {
            return;
        }
        waiting--;
        flight.waited += now - flight.heldAt;
        flight.longest = Math.max(flight.longest, now - flight.heldAt);
        flight.heldAt = 0;
        for (var key : new @Nullable Object[] {of(flight), all(flight)}) {
            var line = lines.get(key);
            if (line != null) {
                flight.first |= line.first().equals(flight);
                line.remove(flight);
            }
        }
        var told = behind.remove(flight);
        if (told != null) {
            told.forEach(one -> note(one, served ? (now - one.at) * 1e-9 : Double.NaN));
        }
    }

    /** It is answered by the router itself. */
    void refused(Flight flight, Refusal refusal, long now) {
        var told = new Told(flight, now, refusal);
        var last = last(of(flight));
        if (last == null) {
            last = last(all(flight));
        }
        if (last == null || bySize(flight)) {
            note(told, Double.NaN);
        } else {
            behind.computeIfAbsent(last, _ -> new ArrayList<>()).add(told);
        }
    }

    private boolean bySize(Flight flight) {
        var owner = flight.request.owner();
        return flow != null && flow.band(owner == null ? 0 : owner.priority()).ordering() == Ordering.SHORTEST;
    }

    private @Nullable Flight last(@Nullable Object key) {
        var line = lines.get(key);
        return line == null || line.isEmpty() ? null : line.getLast();
    }

    private void note(Told told, double seconds) {
        refused.add(new Refused(
                told.flight.request,
                VirtualClock.seconds(told.at),
                told.refusal.reason().code(),
                told.refusal.retryAfterMillis() * 1e-3,
                seconds));
    }

    /** All that were refused; those whose line has not moved until the end are left out. */
    List<Refused> refusals() {
        return List.copyOf(refused);
    }
}
