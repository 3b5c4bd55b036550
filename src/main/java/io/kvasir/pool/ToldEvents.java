package io.kvasir.pool;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where an engine says that it publishes its KV events.
 *
 * @param ranks that publish, by their numbers; empty for none
 * @param problem why those that publish cannot be followed, as a reason code; null where there are none, or they can be
 */
public record ToldEvents(List<Rank> ranks, @Nullable String problem) {
    /** Nowhere, or nothing is known of it. */
    public static final ToldEvents NONE = new ToldEvents(List.of(), null);

    /**
     * One data-parallel rank.
     *
     * @param address of that rank alone; its host is {@code *} where it is the endpoint's own
     */
    public record Rank(int rank, EventAddress address) {}

    public ToldEvents {
        ranks = List.copyOf(ranks);
    }

    /** Equality, which as a record has it is made when it is first asked, in each process; mostly nothing was told. */
    public boolean same(ToldEvents other) {
        return ranks.equals(other.ranks) && Objects.equals(problem, other.problem);
    }
}
