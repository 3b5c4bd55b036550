package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The field's {@code mm-embeddings-cache-scorer}: the share of the request's different images, sounds and the like that the
 * endpoint was given before, so that their embeddings may be in its cache. Remembers some {@value #PARTS} parts of each of the
 * first {@value #ORDINALS} ordinals; a newer part may displace an older one.
 */
public final class MediaCacheScorer implements Scorer {
    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "mm-embeddings-cache-scorer",
            (_, _) -> new MediaCacheScorer(),
            Parameter.any("producerName"));

    /** As many as fit into the 4 GiB that others assume, at 2 MiB each, twice: places are found by hashing. */
    private static final int PARTS = 4096;

    private static final int ORDINALS = 4096;

    /** What one endpoint was given; 0 is a free place. */
    private record Given(long tenancy, AtomicLongArray parts) {}

    private final AtomicReferenceArray<@Nullable Given> given = new AtomicReferenceArray<>(ORDINALS);

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        var media = context.request().prompt().media();
        if (media.isEmpty()) {
            Arrays.fill(scores, 0, context.size(), 0);
            return;
        }
        var different = List.copyOf(new HashSet<>(media));
        for (int i = 0; i < context.size(); i++) {
            scores[i] = (double) held(context.candidate(i), different) / different.size();
        }
    }

    private int held(Endpoint endpoint, List<Long> media) {
        var known = of(endpoint);
        if (known == null) {
            return 0;
        }
        int held = 0;
        for (long part : media) {
            held += known.parts.get(place(part)) == part ? 1 : 0;
        }
        return held;
    }

    private @Nullable Given of(Endpoint endpoint) {
        var known = endpoint.ordinal() < ORDINALS ? given.get(endpoint.ordinal()) : null;
        return known == null || known.tenancy != endpoint.tenancy() ? null : known;
    }

    @Override
    public void booked(SchedulingContext context, Endpoint endpoint) {
        var media = context.request().prompt().media();
        if (media.isEmpty() || endpoint.ordinal() >= ORDINALS) {
            return;
        }
        var known = of(endpoint);
        if (known == null) {
            known = new Given(endpoint.tenancy(), new AtomicLongArray(PARTS));
            given.set(endpoint.ordinal(), known);
        }
        int number = 0;
        for (long part : new LinkedHashSet<>(media)) {
            if (context.mediaTurn(number++)) {
                known.parts.set(place(part), part);
            }
        }
    }

    private static int place(long part) {
        return (int) (part * 0x9e3779b97f4a7c15L >>> 52);
    }
}
