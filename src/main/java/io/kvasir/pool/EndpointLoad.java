package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The router's own books of what it placed on one endpoint and has not seen end. Every amount added for a request is
 * taken away again exactly once, so that all figures are 0 when nothing is in flight; beside them stands what the last metrics
 * page showed of others. They sit together, away from other endpoints'. Safe for any thread.
 */
@SuppressWarnings("unused") // room behind the amounts, as CacheLine has it before them
public final class EndpointLoad extends LoadAmounts {
    /** One over the time in which a prompt comes to count for a third: about as long as an answer takes. */
    private static final double PER_NANO = 1 / 10e9;

    /** How much one metrics page tells of what requests share, see {@link #distinctShare}. */
    private static final float NEW_SHARE = 0.1f;

    /** No more of the time than this is taken to be stretched by prompts. */
    private static final double MOST_STRETCHED = 0.8;

    private long after0;
    private long after1;
    private long after2;
    private long after3;
    private long after4;
    private long after5;
    private long after6;
    private long after7;
    /** Written once a request, and not read by who chooses. */
    private final AtomicLong prefilledNanos = new AtomicLong();

    private final AtomicLong prefillSteps = new AtomicLong();
    private final AtomicLong prefilledTokens = new AtomicLong();
    private final AtomicLong prefilledPairs = new AtomicLong();
    /** The same of those that are placed and not computed. */
    private final AtomicLong awaitedSteps = new AtomicLong();

    private final AtomicLong awaitedTokens = new AtomicLong();
    private final AtomicLong awaitedPairs = new AtomicLong();
    private final UnseenPrefills unseen = new UnseenPrefills();
    private volatile long awaitingSince;
    private final CacheTurnover turnover = new CacheTurnover();
    private final AtomicInteger emptied = new AtomicInteger();

    /** A request of one sequence was placed. */
    public void place(long promptTokens, long outputTokens) {
        place(1, promptTokens, outputTokens);
    }

    /**
     * A request was placed.
     *
     * @param sequences that it decodes at once; 0 where it generates nothing
     * @param promptTokens of all its prompts
     * @param outputTokens of all its sequences
     */
    public void place(int sequences, long promptTokens, long outputTokens) {
        add(REQUESTS, 1);
        add(SEQUENCES, sequences);
        add(PROMPT_TOKENS, promptTokens);
        add(OUTPUT_TOKENS, outputTokens);
    }

    /** A request of one sequence that was placed with these amounts ended. */
    public void release(long promptTokens, long outputTokens) {
        release(1, promptTokens, outputTokens);
    }

    /** A request that was placed with these amounts ended. */
    public void release(int sequences, long promptTokens, long outputTokens) {
        add(REQUESTS, -1);
        add(SEQUENCES, -sequences);
        add(PROMPT_TOKENS, -promptTokens);
        add(OUTPUT_TOKENS, -outputTokens);
    }

    /** A prefill for one sequence was placed that is expected to take {@code nanos}. */
    public void placePrefill(long nanos, long nowNanos) {
        placePrefill(1, nanos, nowNanos);
    }

    /** A prefill was placed that {@code sequences} await and that is expected to take {@code nanos}. */
    public void placePrefill(int sequences, long nanos, long nowNanos) {
        long others = add(PREFILLS, 1);
        if (others <= 0) {
            awaitingSince = nowNanos;
        }
        // nothing that shows its end was under way before it came, however long answers in one piece are in the books
        if (others - unseen.count() <= 0) {
            prefillingSince = nowNanos;
        }
        add(AWAITED, sequences);
        add(PREFILL_NANOS, nanos);
    }

    /** A prefill for one sequence that was placed with that amount ended. */
    public void releasePrefill(long nanos, long nowNanos) {
        releasePrefill(1, nanos, nowNanos);
    }

    /** A prefill placed with these amounts ended, by its first token or with its request. */
    public void releasePrefill(int sequences, long nanos, long nowNanos) {
        add(PREFILLS, -1);
        add(AWAITED, -sequences);
        add(PREFILL_NANOS, -nanos);
        prefillingSince = nowNanos;
        awaitingSince = nowNanos;
    }

    /** The prefill that {@link #placePrefill} was told of last will not show its end: its answer comes in one piece. */
    public void placeUnseen(int sequences, long nanos, long nowNanos) {
        unseen.place(nanos, Math.max(0, prefillNanos - nanos - unseen.overdueNanos(nowNanos)), nowNanos);
        add(UNSHOWN, sequences);
    }

    /** One that was placed so ended. */
    public void releaseUnseen(int sequences, long nanos) {
        add(UNSHOWN, -sequences);
        unseen.release(nanos);
    }

    /**
     * A prompt came, by which {@link #promptsPerSecond} and {@link #stretchedShare} know how many come. Of two that race one
     * may be lost.
     *
     * @param stretchNanos by which its chunks make the steps longer that take them
     */
    public void came(long stretchNanos, long nowNanos) {
        // a clock that goes back must not leave what no later one takes away
        double kept = Math.min(1, kept(nowNanos));
        recentPrompts = (float) (recentPrompts * kept + 1);
        recentStretch = (float) (recentStretch * kept + Math.max(0, stretchNanos));
        cameAt = nowNanos;
    }

    /**
     * How much of what came counts now, for {@link #promptsPerSecond} and {@link #stretchedShare}; asked for once where both
     * are wanted.
     */
    public double lately(long nowNanos) {
        return PER_NANO * kept(nowNanos);
    }

    /** Prompts that come in a second, as of {@link #lately}. */
    public double promptsPerSecond(double lately) {
        return 1e9 * lately * recentPrompts;
    }

    /**
     * The share of the time, as of {@link #lately}, by which prompts make steps longer: 0 for none, {@value #MOST_STRETCHED}
     * at most.
     */
    public double stretchedShare(double lately) {
        double share = lately * recentStretch;
        return share < MOST_STRETCHED ? share : MOST_STRETCHED;
    }

    /** The share of what was counted when a prompt came last that counts now: an exponential, near enough and cheaper. */
    private double kept(long nowNanos) {
        double left = 1 - (nowNanos - cameAt) * (PER_NANO / 8);
        if (!(left > 0)) {
            return 0;
        }
        double square = left * left;
        double fourth = square * square;
        return fourth * fourth;
    }

    /**
     * What a prefill that was placed takes; taken back, with the sign turned, when it ends.
     *
     * @param steps in which it is computed
     * @param tokens to compute
     * @param pairs of tokens in their attention
     */
    public void await(long steps, long tokens, long pairs) {
        awaitedSteps.getAndAdd(steps);
        awaitedTokens.getAndAdd(tokens);
        awaitedPairs.getAndAdd(pairs);
    }

    /**
     * A prefill was computed.
     *
     * @param nanos that it was expected to take
     * @param steps in which it was
     * @param tokens computed
     * @param pairs of tokens in their attention
     */
    public void prefilled(long nanos, long steps, long tokens, long pairs) {
        prefilledNanos.getAndAdd(nanos);
        prefillSteps.getAndAdd(steps);
        prefilledTokens.getAndAdd(tokens);
        prefilledPairs.getAndAdd(pairs);
    }

    /** Sequences in flight whose first token will not show. */
    public long unshown() {
        return unshown;
    }

    /** Those of the prefills in flight whose end will not show. */
    public UnseenPrefills unseen() {
        return unseen;
    }

    /** Expected time in ns of all prefills that were computed. */
    public long prefilledNanos() {
        return prefilledNanos.get();
    }

    /** Steps of all prefills that were computed, and of the share that was of those in flight. */
    public double prefillSteps(double share) {
        return prefillSteps.get() + share * awaitedSteps.get();
    }

    /** Tokens of them. */
    public double prefilledTokens(double share) {
        return prefilledTokens.get() + share * awaitedTokens.get();
    }

    /** Pairs of tokens in their attention. */
    public double prefilledPairs(double share) {
        return prefilledPairs.get() + share * awaitedPairs.get();
    }

    /** The share of the prefills in flight that should be computed by now, in expected time. */
    public double computedShare(long nowNanos) {
        long all = prefillNanos;
        return all <= 0 || prefills <= 0 ? 0 : Math.clamp(1 - leftNanos(nowNanos, 1) / all, 0, 1);
    }

    /** Since when prefills are awaited and none has ended. */
    public long awaitingSinceNanos() {
        return awaitingSince;
    }

    /**
     * A newer page came: what it shows beyond these books came to the engine by others.
     *
     * @param kvTokens that the engine's KV cache holds, by which the use of it is a number of tokens
     */
    void others(EngineStats page, long kvTokens) {
        long ahead = Math.max(0, prefills);
        long waiting = Math.max(0, page.waiting() - ahead);
        long all = Math.max(0, page.running()) + (long) Math.max(0, page.waiting());
        long running = Math.max(0, all - Math.max(ahead, Math.max(sequences, requests)) - waiting);
        double held = running > 0 ? page.kvUsage() * kvTokens : 0;
        othersTokens = held > 0 ? Math.max(0, Math.round(held - heldTokens())) : 0;
        othersRunning = running;
        othersWaiting = waiting;
        if (running == 0) {
            shared(page.kvUsage() * kvTokens);
        }
    }

    /** Only ours are there and hold so many tokens; NaN for nobody knows. */
    private void shared(double held) {
        long all = sequences;
        // engines hold nothing of those that they have not begun
        double booked = all > 0 ? heldTokens() * Math.max(0, all - awaited) / all : 0;
        if (booked > 0 && held > 0) {
            float share = (float) Math.min(1, held / booked);
            float before = distinct;
            distinct = before + NEW_SHARE * (share - before);
        }
    }

    /**
     * How much of what these books count the engine holds, as metrics pages showed lately: it keeps once what several requests
     * in flight have in common, and books count it for each. 1 where nobody knows.
     */
    public double distinctShare() {
        return distinct;
    }

    /** A prompt came: see {@link CacheTurnover#takesIn}. */
    public void takesIn(double asked, double again, double taken, long kvTokens) {
        displacing = (float) turnover.takesIn(asked, again, taken, kvTokens);
    }

    /** It is asked for tokens that it had computed and has given up: see {@link CacheTurnover#lost}. */
    public void lost(double tokens, long kvTokens) {
        displacing = (float) turnover.lost(tokens, kvTokens);
    }

    /** Its cache is empty now, since its engine restarted, slept or was reset: see {@link CacheTurnover#emptied}. */
    public void cacheEmptied() {
        emptied.getAndIncrement();
        turnover.emptied();
        displacing = 0;
    }

    /** How often its cache was seen to be emptied at once: what it computed before is not there any longer. */
    public int timesEmptied() {
        return emptied.get();
    }

    /** Tokens that will be computed again for each that the endpoint takes in: see {@link CacheTurnover}. */
    public double displacing() {
        return displacing;
    }

    /** The page could not be read: nobody is known to run there for others. */
    void othersUnknown() {
        othersRunning = 0;
        othersTokens = 0;
    }

    /** Sequences that decode there: {@linkplain #decoding ours} and {@linkplain #othersRunning those of others}. */
    public double decodingWithOthers(long nowNanos) {
        return unshown <= 0 ? decoding() + othersRunning : decoding(nowNanos) + othersRunning;
    }

    /** Tokens that all of them hold in the KV cache. */
    public double heldWithOthers() {
        return (twiceHeld() + 2 * othersTokens) / 2.0;
    }

    /** Requests of others that waited when the last page came: those beyond what these books showed then. */
    public long othersWaiting() {
        return othersWaiting;
    }

    /** Sequences of others that ran then; none once a page could not be read. */
    public long othersRunning() {
        return othersRunning;
    }

    /** Tokens that these held in the KV cache. */
    public long othersTokens() {
        return othersTokens;
    }

    /** Requests in flight. */
    public long requests() {
        return requests;
    }

    /** Sequences of the requests in flight: one for each prompt and sample. */
    public long sequences() {
        return sequences;
    }

    /** Sequences in flight whose prompt was seen to be computed, so that they decode. */
    public long decoding() {
        return Math.max(0, sequences - awaited);
    }

    /** The same with those of answers in one piece whose prompts should be computed by now. */
    public double decoding(long nowNanos) {
        long unseenToo = unshown;
        return unseenToo <= 0
                ? decoding()
                : Math.max(0, sequences - awaited + unseenToo * unseen.computedShare(nowNanos));
    }

    /** Prompt tokens of the requests in flight. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Output tokens expected of the requests in flight. */
    public long outputTokens() {
        return outputTokens;
    }

    /** Tokens that the requests in flight hold in the KV cache on average while they run: half of their output is there. */
    public double heldTokens() {
        return twiceHeld() / 2.0;
    }

    private long twiceHeld() {
        return Math.max(0, 2 * promptTokens + outputTokens);
    }

    /**
     * Expected time in ns until the prefills in flight are computed: without those whose end does not show and that should be
     * computed by now, and less what the first in line has had.
     */
    public double pendingNanos(long nowNanos) {
        return leftNanos(nowNanos, Long.MAX_VALUE);
    }

    /** @param head prefills, at most, that the first in line may be as long as one of; the fewer, the longer it is taken for */
    private double leftNanos(long nowNanos, long head) {
        long all = Math.max(0, prefillNanos);
        long count = prefills;
        if (count <= 0) {
            return 0;
        }
        long under = Math.max(0, nowNanos - prefillingSince);
        if (unshown <= 0) {
            return all - Math.min(under, (double) all / Math.min(head, count));
        }
        long unseenNanos = Math.min(all, unseen.nanos());
        long untilDue = unseen.dueNanos() - nowNanos;
        long left = Math.min(unseenNanos, Math.max(0, untilDue));
        long seen = all - unseenNanos;
        long seenCount = count - unseen.count();
        // while one of those is under way, no other is
        if (seenCount <= 0 || left > 0 && left < unseenNanos) {
            return seen + left;
        }
        if (left == 0) {
            under = Math.min(under, Math.max(0, -untilDue));
        }
        return seen + left - Math.min(under, (double) seen / Math.min(head, seenCount));
    }

    /** Requests in flight whose prompt is still to be computed, as far as can be known. */
    public double pendingPrefills(long nowNanos) {
        long count = Math.max(0, prefills);
        return unshown <= 0 ? count : Math.max(0, count - unseen.count() * unseen.computedShare(nowNanos));
    }

    /** Expected time in ns of the prefills in flight. */
    public long prefillNanos() {
        return prefillNanos;
    }

    /** Requests in flight whose first token is still awaited. */
    public long prefills() {
        return prefills;
    }
}
