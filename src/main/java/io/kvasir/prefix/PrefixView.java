package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.List;

/**
 * One belief about which endpoint holds which prompts in its KV cache. An endpoint is known by its
 * {@link io.kvasir.pool.Tenancy}: an ordinal belongs to one endpoint from its first appearance until {@link #removed}. All
 * methods may be called from any thread; {@link #restarted}, {@link #removed} and {@link #stats} may wait some
 * microseconds for changes in progress, the others never wait.
 */
public interface PrefixView extends Metered {

    /**
     * The schemes that it can answer for, the best first. May change while requests are being read: a prompt keyed for an
     * earlier set is answered by the keys that it has.
     *
     * @return the same object as long as nothing changes
     */
    KeySchemes schemes();

    /** Whether there is an endpoint that it can say anything about. */
    default boolean knowsAny() {
        return true;
    }

    /** Whether it can say more of a prompt whose token ids are known than of its text. */
    default boolean wantsTokens() {
        return false;
    }

    /**
     * How many leading tokens of a prompt each endpoint can reuse. Allocates nothing beyond what {@code answer} needs to
     * grow.
     *
     * @param namespace from {@link PrefixNamespace}
     * @param keys of the prompt; read during the call only
     * @param endpoints ordinals to answer for: 0 to {@code endpoints} - 1
     * @param answer reset and filled
     */
    void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer);

    /**
     * A request was sent to an endpoint.
     *
     * @param keys valid until the use ends
     * @param reservedTokens output tokens that it may come to hold while it runs; given back when the use ends
     */
    PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens);

    /** Tokens that an endpoint's KV cache has room for, as the endpoint or its configuration tells. */
    void capacity(long tenancy, long tokens);

    /** The endpoint's cache is empty now: its engine restarted, slept or was reset. */
    void restarted(long tenancy);

    /**
     * The endpoint's engine restarted since a moment, by somebody else's word. Where it told of that itself since then, what
     * it has told after that stands.
     *
     * @param sinceNanos when it had not restarted yet, on the clock that views have
     */
    default void restartedSince(long tenancy, long sinceNanos) {
        restarted(tenancy);
    }

    /** The endpoint is gone; its ordinal may be given to another after this returns. */
    void removed(long tenancy);

    /** Forgets what is too old and makes room where capacities shrank; to be called every few seconds. */
    void sweep();

    /** What it holds and costs: one entry for each of the views that it consists of. */
    List<ViewStats> stats();

    /** What is believed of an endpoint's cache as a whole; {@link CacheBelief#NONE} where the view keeps no account of it. */
    default CacheBelief belief(int ordinal) {
        return CacheBelief.NONE;
    }

    /** Failures of beliefs that were kept from requests; they cost predictions. */
    long failures();

    @Override
    default void describe(MetricSink sink) {
        stats().forEach(stats -> stats.describe(sink));
        ContainedFailures.describe(sink, "prefix-index", failures());
    }
}
