package io.kvasir.prefix;

/**
 * One belief about which endpoint holds which prompts in its KV cache. Ordinals are the pool's endpolong tenancys; an
 * ordinal belongs to one endpoint from its first appearance until {@link #removed}. All methods may be called from any
 * thread; {@link #reset} and {@link #removed} may wait some microseconds for changes in progress, the others never wait.
 */
public interface PrefixView {

    /**
     * How many leading tokens of a prompt each endpoint can reuse. Allocates nothing beyond what {@code answer} needs
     * to grow.
     *
     * @param namespace from {@link PrefixNamespace}
     * @param keys keys of the prompt, which are finished by this
     * @param endpoints ordinals to answer for: 0 to {@code endpoints} - 1
     * @param answer reset and filled
     */
    void match(long namespace, PrefixKeys keys, int endpoints, PrefixMatches answer);

    /**
     * A request was sent to an endpoint.
     *
     * @param keys finished keys; read during the call only
     * @param reservedTokens output tokens that it may come to hold while it runs; given back by {@link #finished}
     * @return what {@link #withdrawn} is to be told
     */
    int routed(long namespace, PrefixKeys keys, long tenancy, int reservedTokens);

    /**
     * A routed request ended, completely or by a cancel. Ignored if its endpoint was removed meanwhile.
     *
     * @param keys the keys given to {@link #routed}
     * @param reservedTokens as given to {@link #routed}
     * @param outputTokens tokens produced, or the best estimate
     */
    void finished(long namespace, PrefixKeys keys, long tenancy, int reservedTokens, int outputTokens);

    /**
     * A routed request never ran: the endpoint refused it or could not be reached. What only it has brought is no longer
     * believed; what was believed before, and what others were routed on since, is.
     *
     * @param use what {@link #routed} answered
     */
    void withdrawn(long namespace, PrefixKeys keys, long tenancy, int reservedTokens, int use);

    /** What an engine reported about a prediction; not called where it reports nothing. */
    void observed(long tenancy, int predictedTokens, int cachedTokens);

    /** The endpoint's cache is empty now: its engine restarted, slept or was reset. */
    void reset(long tenancy);

    /** The endpoint is gone; its ordinal may be given to another after this returns. */
    void removed(long tenancy);
}
