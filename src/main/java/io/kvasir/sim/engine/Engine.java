package io.kvasir.sim.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One simulated engine: a scheduler in the manner of vLLM V1 over a {@link BlockPool} and a {@link StepCost}. It has
 * no clock and no thread; the caller passes the time and calls {@link #step} when it is due. Not thread-safe.
 *
 * <p>A step starts with a schedule: each running sequence gets its next token, or the next chunk of its prompt, in
 * order of arrival until the token budget is spent; a sequence for which no block is free takes the blocks of the
 * youngest running one, which is computed again later. If none was preempted, waiting sequences are admitted in order
 * while budget, slots and free blocks last. The step's tokens appear when its time has passed, and the next starts.
 */
public final class Engine {
    /** What {@link #step} returns when nothing is due until the next call of another method. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int UNKNOWN = -1;

    private final EngineLimits limits;
    private final StepCost cost;
    private final BlockPool pool;
    private final @Nullable WindowLayers windowed;
    private final EngineCounts stats;
    private final ArrayList<Sequence> running = new ArrayList<>();
    private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
    private final ArrayList<Sequence> batch = new ArrayList<>();
    /** Blocks found for the sequence that is tried now. */
    private int[] found = new int[256];

    private long gap;
    private int gaps;
    /** Whether steps may be made several at once, which nobody could tell who looks at times alone. */
    private final boolean together;

    /** What {@link #quietSteps} found; {@link #UNKNOWN} once that may be otherwise. */
    private int quiet = UNKNOWN;

    /** When steps end that are made at once. */
    private long[] ends = new long[64];

    private long stepEnd = NEVER;
    private long stepNanos;
    private boolean completing;
    private boolean suspended;
    private double slowFactor = 1;
    private CacheListener listener = CacheListener.NONE;
    private boolean listened;

    /** An idle engine with an empty cache. */
    public Engine(EngineLimits limits, StepCost cost) {
        this(limits, cost, true);
    }

    /**
     * An idle engine with an empty cache.
     *
     * @param distributions whether it counts how times and tokens spread, which a metrics page has; one that does not makes
     *     several steps at once and tells of them sequence by sequence, so that who hears it may submit and abort at first tokens
     *     and ends alone
     */
    public Engine(EngineLimits limits, StepCost cost, boolean distributions) {
        this.limits = limits;
        this.cost = cost;
        this.pool = new BlockPool(limits.blocks());
        this.windowed = limits.window() == 0 ? null : new WindowLayers(pool, limits.blockSize(), limits.window());
        this.stats = new EngineCounts(limits.maxModelLength(), distributions);
        this.together = !distributions && windowed == null;
    }

    /**
     * Queues a prompt; if the engine is idle its first step starts at once.
     *
     * @param nowNanos not before any time passed earlier
     * @throws IllegalArgumentException if the prompt is empty, made for another block size, or does not fit with its
     *     output
     */
    public Sequence submit(Prompt prompt, Output output, SequenceListener listener, long nowNanos) {
        if (prompt.blockSize() != limits.blockSize()) {
            throw new IllegalArgumentException("prompt in blocks of " + prompt.blockSize());
        }
        if (prompt.length() < 1
                || output.tokens() < 1
                || (long) prompt.length() + output.tokens() > limits.maxModelLength()) {
            throw new IllegalArgumentException("prompt of " + prompt.length() + " and output of " + output.tokens()
                    + " tokens do not fit in " + limits.maxModelLength());
        }
        step(nowNanos);
        var sequence = new Sequence(prompt, output, listener, nowNanos);
        waiting.add(sequence);
        quiet = UNKNOWN;
        startIfIdle(nowNanos);
        return sequence;
    }

    /** Takes a sequence out and frees its blocks at once; does nothing to one that has ended. */
    public void abort(Sequence sequence, long nowNanos) {
        step(nowNanos);
        switch (sequence.state) {
            case RUNNING -> {
                running.remove(sequence);
                release(sequence);
            }
            case WAITING -> waiting.remove(sequence);
            case FINISHED, ABORTED -> {
                return;
            }
        }
        sequence.state = Sequence.State.ABORTED;
        quiet = UNKNOWN;
        stats.aborted++;
        startIfIdle(nowNanos);
    }

    /**
     * Completes every step that has ended by {@code nowNanos}, each at its own time, and starts the ones that follow.
     *
     * @return when the step now under way ends, or {@link #NEVER}
     */
    public long step(long nowNanos) {
        if (completing) {
            return stepEnd;
        }
        while (!suspended && stepEnd <= nowNanos) {
            if (together && decode(nowNanos)) {
                continue;
            }
            long at = stepEnd;
            completing = true;
            try {
                complete(at);
            } finally {
                completing = false;
            }
            start(at);
        }
        return due();
    }

    /** When the step now under way ends, or {@link #NEVER}. */
    public long due() {
        return suspended ? NEVER : stepEnd;
    }

    /** Stops the engine where it is: it accepts sequences and computes nothing. */
    public void suspend() {
        suspended = true;
    }

    /** Goes on after {@link #suspend}; a step that was under way ends now. */
    public void resume(long nowNanos) {
        if (suspended) {
            suspended = false;
            if (stepEnd != NEVER) {
                stepEnd = Math.max(stepEnd, nowNanos);
            }
            startIfIdle(nowNanos);
        }
    }

    /** Tells of changes of the cache from now on. */
    public void listen(CacheListener to) {
        listener = to;
        listened = true;
        pool.listen(to);
    }

    /** Makes every step from the next on take {@code factor} times as long; 1 is normal. */
    public void slowDown(double factor) {
        slowFactor = factor;
    }

    /** Forgets all cached content; running sequences keep their blocks. */
    public void dropCache() {
        pool.clear();
    }

    private void startIfIdle(long now) {
        if (stepEnd == NEVER && !completing && !suspended) {
            start(now);
        }
    }

    private void start(long now) {
        int budget = limits.maxBatchedTokens();
        quiet = UNKNOWN;
        batch.clear();
        cost.begin();
        boolean preempted = false;
        for (int i = 0; i < running.size() && budget > 0; i++) {
            var sequence = running.get(i);
            int tokens = Math.min(sequence.length() - sequence.computed, budget);
            while (!allocate(sequence, tokens)) {
                preempted = true;
                if (preemptYoungest() == sequence) {
                    break;
                }
            }
            if (sequence.state == Sequence.State.RUNNING) {
                budget -= tokens;
                schedule(sequence, tokens);
            }
        }
        while (!preempted && budget > 0 && running.size() < limits.maxSequences() && !waiting.isEmpty()) {
            int tokens = admit(waiting.getFirst(), budget, now);
            if (tokens == 0) {
                break;
            }
            budget -= tokens;
        }
        if (batch.isEmpty()) {
            stepEnd = NEVER;
            return;
        }
        listener.stepped();
        long nanos = stepNanos();
        stats.busyNanos += nanos;
        stats.iterationTokens.observe((double) limits.maxBatchedTokens() - budget);
        stepNanos = nanos;
        stepEnd = now + nanos;
    }

    /**
     * Makes the steps that end by then at once, where all that they do is to decode and no sequence ends: one after the other
     * for each sequence. What is told of them and what is left is the same; what is looked at once is at hand.
     *
     * @return whether any was made
     */
    private boolean decode(long nowNanos) {
        int most = quietSteps();
        int size = batch.size();
        if (most < 1 || running.size() != size || listened) {
            return false;
        }
        int steps = 0;
        long end = stepEnd;
        long nanos = stepNanos;
        while (steps < most && end <= nowNanos) {
            if (steps == ends.length) {
                ends = Arrays.copyOf(ends, 2 * steps);
            }
            ends[steps++] = end;
            cost.next(size);
            nanos = stepNanos();
            stats.busyNanos += nanos;
            end += nanos;
        }
        stats.steps += steps;
        completing = true;
        try {
            for (int i = 0; i < size; i++) {
                var sequence = batch.get(i);
                for (int step = 0; step < steps; step++) {
                    sequence.computed++;
                    generate(sequence, ends[step]);
                    allocate(sequence, 1);
                    register(sequence, 1);
                }
            }
        } finally {
            completing = false;
        }
        stepNanos = nanos;
        stepEnd = end;
        quiet = most - steps;
        return true;
    }

    private long stepNanos() {
        return Math.max(1, Math.round(cost.seconds() * slowFactor * 1e9));
    }

    /** Admits the first waiting sequence, if its blocks are free; returns the tokens scheduled for it. */
    private int admit(Sequence sequence, int budget, long now) {
        int size = limits.blockSize();
        if (stillBlocked(sequence, budget)) {
            countLookup(sequence);
            return 0;
        }
        // at least one token is computed, for its logits
        int findable = (sequence.length() - 1) / size;
        int hits = 0;
        int pinnable = 0;
        while (hits < findable) {
            int block = pool.find(sequence.block(hits));
            if (block == BlockIndex.NONE) {
                break;
            }
            if (pool.isFree(block)) {
                pinnable++;
            }
            if (hits == found.length) {
                found = Arrays.copyOf(found, 2 * hits);
            }
            found[hits++] = block;
        }
        var windows = windowed;
        if (windows != null && hits > 0) {
            int all = hits;
            hits = windows.cut(sequence::block, all);
            for (int i = hits; i < all; i++) {
                pinnable -= pool.isFree(found[i]) ? 1 : 0;
            }
            pinnable += windows.pinnable(sequence, hits);
        }
        sequence.found = hits;
        countLookup(sequence);
        int tokens = Math.min(sequence.length() - hits * size, budget);
        int missing = blocksFor(hits * size + tokens) - hits;
        if ((windows == null ? missing : 2 * missing) > pool.free() - pinnable) {
            return 0;
        }
        waiting.removeFirst();
        running.add(sequence);
        sequence.state = Sequence.State.RUNNING;
        for (int i = 0; i < hits; i++) {
            pool.pin(found[i]);
            sequence.hold(found[i]);
        }
        if (windows != null) {
            windows.reuse(sequence, hits);
        }
        sequence.computed = hits * size;
        sequence.registered = hits;
        if (sequence.cachedTokens == Sequence.UNKNOWN) {
            sequence.cachedTokens = hits * size;
            sequence.scheduledAt = now;
        }
        allocate(sequence, tokens);
        schedule(sequence, tokens);
        return tokens;
    }

    /**
     * Whether a sequence that could not be admitted cannot be now either, at the price of two look-ups: it finds no
     * more blocks than last time, and those it lacks are more than are free.
     */
    private boolean stillBlocked(Sequence sequence, int budget) {
        int size = limits.blockSize();
        int hits = sequence.found;
        if (hits == Sequence.UNKNOWN
                || windowed != null
                || (hits < (sequence.length() - 1) / size && pool.find(sequence.block(hits)) != BlockIndex.NONE)) {
            return false;
        }
        int tokens = Math.min(sequence.length() - hits * size, budget);
        return blocksFor(hits * size + tokens) - hits > pool.free();
    }

    private void countLookup(Sequence sequence) {
        if (sequence.preemptions == 0) {
            stats.prefixQueries += sequence.length();
            stats.prefixHits += (long) sequence.found * limits.blockSize();
        }
    }

    private int blocksFor(int tokens) {
        return (tokens + limits.blockSize() - 1) / limits.blockSize();
    }

    private boolean allocate(Sequence sequence, int tokens) {
        int missing = blocksFor(sequence.computed + tokens) - sequence.held();
        if (windowed != null) {
            windowed.slide(sequence);
        }
        if ((windowed == null ? missing : 2 * missing) > pool.free()) {
            return false;
        }
        for (int i = 0; windowed != null && i < missing; i++) {
            sequence.holdInWindow(pool.take());
        }
        for (int i = 0; i < missing; i++) {
            sequence.hold(pool.take());
        }
        return true;
    }

    private void schedule(Sequence sequence, int tokens) {
        sequence.scheduled = tokens;
        batch.add(sequence);
        if (tokens == 1 && sequence.generated() > 0) {
            cost.decode(sequence.computed);
        } else {
            cost.prefill(tokens, sequence.computed);
        }
        register(sequence, tokens);
    }

    private void register(Sequence sequence, int tokens) {
        // findable from now on: a sequence scheduled later in the same step shares them, as in vLLM
        int full = (sequence.computed + tokens) / limits.blockSize();
        if (sequence.registered < full) {
            listener.stored(sequence, sequence.registered, full);
            if (windowed != null) {
                windowed.cache(sequence, sequence.registered, full);
            }
        }
        for (; sequence.registered < full; sequence.registered++) {
            pool.cache(sequence.heldBlock(sequence.registered), sequence.block(sequence.registered));
        }
    }

    private Sequence preemptYoungest() {
        var victim = running.removeLast();
        release(victim);
        victim.preemptions++;
        stats.preemptions++;
        victim.state = Sequence.State.WAITING;
        waiting.addFirst(victim);
        return victim;
    }

    private void release(Sequence sequence) {
        if (windowed != null) {
            windowed.release(sequence);
        }
        for (int i = sequence.held() - 1; i >= 0; i--) {
            pool.release(sequence.heldBlock(i));
        }
        sequence.dropBlocks();
    }

    private void complete(long at) {
        stats.steps++;
        gap = 0;
        gaps = 0;
        for (int i = 0; i < batch.size(); i++) {
            var sequence = batch.get(i);
            // aborted since the step began
            if (sequence.state != Sequence.State.RUNNING) {
                continue;
            }
            sequence.computed += sequence.scheduled;
            if (sequence.computed == sequence.length()) {
                generate(sequence, at);
            }
        }
        stats.interTokenLatency.observe(gap / 1e9, gaps);
    }

    /** Most of a step's tokens come equally long after those before them, and are counted at once. */
    private void countGap(long nanos) {
        if (nanos != gap) {
            stats.interTokenLatency.observe(gap / 1e9, gaps);
            gap = nanos;
            gaps = 0;
        }
        gaps++;
    }

    private void generate(Sequence sequence, long at) {
        int index = sequence.generate();
        stats.output++;
        if (index == 0) {
            sequence.firstTokenAt = at;
            stats.firstToken(sequence, at);
        } else {
            countGap(at - sequence.lastTokenAt);
        }
        sequence.lastTokenAt = at;
        boolean last = sequence.generated() == sequence.output().tokens();
        if (last) {
            running.remove(sequence);
            release(sequence);
            sequence.state = Sequence.State.FINISHED;
            stats.finished(sequence, at, sequence.output().stops());
        }
        sequence.listener().onToken(sequence, index, at);
        if (last) {
            sequence.listener().onFinish(sequence, at);
        }
    }

    /** Leading tokens of a prompt whose blocks are in the prefix cache now; one at least is always computed. */
    public int cachedTokens(Prompt prompt) {
        int findable = (prompt.length() - 1) / limits.blockSize();
        int hits = 0;
        while (hits < findable && pool.find(prompt.block(hits)) != BlockIndex.NONE) {
            hits++;
        }
        if (windowed != null) {
            hits = windowed.cut(prompt::block, hits);
        }
        return hits * limits.blockSize();
    }

    /** Those of a sequence that waits, as they were when it was last looked at. */
    int cachedOf(Sequence sequence) {
        if (sequence.found == Sequence.UNKNOWN) {
            return cachedTokens(sequence.prompt());
        }
        return sequence.found * limits.blockSize();
    }

    List<Sequence> sequencesRunning() {
        return running;
    }

    Collection<Sequence> sequencesWaiting() {
        return waiting;
    }

    /** Looks ahead for prompts that have not come. */
    public Outlook outlook() {
        return new Outlook(this, cost, limits);
    }

    /**
     * A time before which no sequence has its first token and none ends, unless another is submitted: the earliest at
     * which it can tell a listener something that it could not have told before. {@link #NEVER} while it is idle.
     */
    public long quietUntil() {
        if (stepEnd == NEVER || suspended) {
            return NEVER;
        }
        // contexts only grow, and with them steps, until one of those ends
        return stepEnd + quietSteps() * stepNanos;
    }

    /** Steps from the one under way on, at least, that only decode, with which no sequence ends and for which blocks are free. */
    private int quietSteps() {
        if (quiet == UNKNOWN) {
            quiet = countQuiet();
        }
        return quiet;
    }

    private int countQuiet() {
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < batch.size(); i++) {
            var sequence = batch.get(i);
            if (sequence.state == Sequence.State.RUNNING) {
                if (sequence.generated() == 0 || sequence.scheduled != 1) {
                    return 0;
                }
                least = Math.min(least, sequence.output().tokens() - sequence.generated());
            }
        }
        // more blocks than that many steps can take: nobody is preempted, and no batch gets smaller
        long enough = batch.size() * (least / (long) limits.blockSize() + 2);
        boolean free = pool.free() >= (windowed == null ? enough : 2 * enough);
        return free && waiting.isEmpty() && least != Integer.MAX_VALUE ? least - 1 : 0;
    }

    /** What it was started with. */
    public EngineLimits limits() {
        return limits;
    }

    /** What it counted. */
    public EngineCounts stats() {
        return stats;
    }

    /** Sequences that hold blocks. */
    public int running() {
        return running.size();
    }

    /** Sequences that wait for them. */
    public int waiting() {
        return waiting.size();
    }

    /** Blocks no sequence holds. */
    public int freeBlocks() {
        return pool.free();
    }

    /** Blocks of distinct content in the prefix cache. */
    public int cachedBlocks() {
        return pool.cachedBlocks();
    }

    /** Blocks no sequence holds whose content is in the prefix cache. */
    public int evictableBlocks() {
        return pool.evictable();
    }

    /** Cached blocks that were handed out for other content. */
    public long evictions() {
        return pool.evictions();
    }

    /** Share of blocks that running sequences hold, 0 to 1. */
    public double kvUsage() {
        return 1 - (double) pool.free() / pool.capacity();
    }
}
