package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Spreads prompts that nobody holds: endpoints that were never given one first, then those given one longest ago. Where
 * somebody holds a part of the prompt all score one half. Remembers the first 4,096 ordinals.
 */
public final class NoHitLruScorer implements Scorer {
    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "no-hit-lru-scorer",
            (_, _) -> new NoHitLruScorer(),
            Parameter.any("lruSize"),
            Producers.PREFIX);

    private static final int ORDINALS = 4096;

    /** A prompt that nobody held, and who got it. */
    private record Cold(long tenancy, long nanos) {}

    private final AtomicReferenceArray<@Nullable Cold> lastCold = new AtomicReferenceArray<>(ORDINALS);

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX);
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        int size = context.size();
        if (size == 1 || !cold(context)) {
            Arrays.fill(scores, 0, size, size == 1 && cold(context) ? 1 : 0.5);
            return;
        }
        double[] place = context.spare();
        for (int i = 0; i < size; i++) {
            place[i] = last(context.candidate(i));
            scores[i] = place[i];
        }
        Arrays.sort(scores, 0, size);
        int never = 0;
        for (int i = 0; i < size; i++) {
            // those that never had one stand in the candidates' order
            place[i] = place[i] == 0 ? never++ : firstAtLeast(scores, size, place[i]);
        }
        for (int i = 0; i < size; i++) {
            scores[i] = 1 - place[i] / (size - 1.0);
        }
    }

    private static int firstAtLeast(double[] sorted, int size, double value) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public void booked(SchedulingContext context, Endpoint endpoint) {
        if (endpoint.ordinal() < ORDINALS && cold(context)) {
            // 0 stands for never
            long now = context.nowNanos() == 0 ? 1 : context.nowNanos();
            lastCold.set(endpoint.ordinal(), new Cold(endpoint.tenancy(), now));
        }
    }

    private long last(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        if (ordinal >= ORDINALS) {
            return Long.MAX_VALUE;
        }
        var last = lastCold.get(ordinal);
        return last == null || last.tenancy != endpoint.tenancy() ? 0 : last.nanos;
    }

    private static boolean cold(SchedulingContext context) {
        for (int i = 0; i < context.size(); i++) {
            if (context.cachedTokens(i) > 0) {
                return false;
            }
        }
        return true;
    }
}
