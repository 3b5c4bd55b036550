package io.kvasir.sim.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

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
    private final KvCache cache;
    private final EngineCounts stats;
    private final ArrayList<Sequence> running = new ArrayList<>();
    private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
    /** Scheduled in the step under way, beside the decoders. */
    private final ArrayList<Sequence> batch = new ArrayList<>();
    /** The first of those that run; the others are looked after one by one. */
    private final Decoders decoders;

    private int decoding;
    private long gap;
    private int gaps;
    /** Whether it has decoders at all, and may make several steps at once: nobody could tell who looks at times alone. */
    private boolean together;

    /** What {@link #quietSteps} found; {@link #UNKNOWN} once that may be otherwise. */
    private int quiet = UNKNOWN;

    private long stepEnd = NEVER;
    private long stepNanos;
    private boolean completing;
    private boolean suspended;
    private double slowFactor = 1;
    private CacheListener listener = CacheListener.NONE;

    /** An idle engine with an empty cache. */
    public Engine(EngineLimits limits, StepCost cost) {
        this(limits, cost, true);
    }

    /**
     * An idle engine with an empty cache.
     *
     * @param distributions whether it counts how times and tokens spread, which a metrics page has; one that does not makes
     *     several steps at once, and tells of tokens between the first and the last when the sequence ends, or from when on
     *     {@link #tellFrom} says; who hears it may not call it
     */
    public Engine(EngineLimits limits, StepCost cost, boolean distributions) {
        this.limits = limits;
        this.cost = cost;
        this.cache = new KvCache(limits);
        this.decoders = new Decoders(cache, limits.blockSize());
        this.stats = new EngineCounts(limits.maxModelLength(), distributions);
        this.together = !distributions && !cache.isWindowed() && limits.maxSequences() < limits.maxBatchedTokens();
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

    /** A listener wants to hear of its sequence's tokens from then on: {@link Sequence#tellFrom}, when nothing is told. */
    public void tellFrom(Sequence sequence, int tokens, long atNanos) {
        sequence.tellFrom(tokens, atNanos);
        decoders.tellingChanged(sequence);
    }

    /** Tells of all that has happened and was not told. */
    public void tellAll() {
        decoders.tellAll();
    }

    /** Takes a sequence out and frees its blocks at once; does nothing to one that has ended. */
    public void abort(Sequence sequence, long nowNanos) {
        step(nowNanos);
        switch (sequence.state) {
            case RUNNING -> {
                decoders.remove(sequence);
                running.remove(sequence);
                cache.release(sequence);
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
        decoders.clear();
        together = false;
        listener = to;
        cache.listen(to);
    }

    /** Makes every step from the next on take {@code factor} times as long; 1 is normal. */
    public void slowDown(double factor) {
        slowFactor = factor;
    }

    /** Forgets all cached content; running sequences keep their blocks. */
    public void dropCache() {
        decoders.countAll();
        cache.pool().clear();
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
        if (together) {
            beginDecoding();
        }
        decoding = decoders.size();
        budget -= decoding;
        boolean preempted = false;
        for (int i = decoding; i < running.size() && budget > 0; i++) {
            var sequence = running.get(i);
            int tokens = Math.min(sequence.length() - sequence.computed, budget);
            while (!cache.allocate(sequence, tokens)) {
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
        if (batch.isEmpty() && decoding == 0) {
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

    /** Schedules all that decode at once, where blocks are free for them; else all are looked after one by one. */
    private void beginDecoding() {
        for (int i = decoders.size(); i < running.size(); i++) {
            var sequence = running.get(i);
            if (sequence.generated() == 0 || sequence.length() - sequence.computed != 1) {
                break;
            }
            decoders.add(sequence);
        }
        if (decoders.begin()) {
            cost.decode(decoders.size(), decoders.contexts());
        } else {
            decoders.clear();
        }
    }

    /**
     * Makes the steps that end by then at once, where all that they do is to decode and no sequence ends.
     *
     * @return whether any was made
     */
    private boolean decode(long nowNanos) {
        int most = quietSteps();
        int size = decoders.size();
        if (most < 1 || !batch.isEmpty() || running.size() != size || decoding != size) {
            return false;
        }
        int steps = 0;
        long end = stepEnd;
        long last = end;
        long nanos = stepNanos;
        while (steps < most && end <= nowNanos) {
            last = end;
            decoders.end(end);
            steps++;
            cost.next(size);
            nanos = stepNanos();
            stats.busyNanos += nanos;
            end += nanos;
            if (!decoders.begin()) {
                throw new IllegalStateException("blocks that were free are not");
            }
        }
        stats.steps += steps;
        stats.output += (long) steps * size;
        stepNanos = nanos;
        stepEnd = end;
        quiet = most - steps;
        completing = true;
        try {
            decoders.look(last, this::leave);
        } finally {
            completing = false;
        }
        return true;
    }

    private long stepNanos() {
        return Math.max(1, Math.round(cost.seconds() * slowFactor * 1e9));
    }

    /** Admits the first waiting sequence, if its blocks are free; returns the tokens scheduled for it. */
    private int admit(Sequence sequence, int budget, long now) {
        if (cache.stillBlocked(sequence, budget)) {
            countLookup(sequence);
            return 0;
        }
        int cached = cache.find(sequence) * limits.blockSize();
        countLookup(sequence);
        int tokens = Math.min(sequence.length() - cached, budget);
        if (!cache.fits(sequence, tokens)) {
            return 0;
        }
        waiting.removeFirst();
        running.add(sequence);
        sequence.state = Sequence.State.RUNNING;
        cache.reuse(sequence);
        if (sequence.cachedTokens == Sequence.UNKNOWN) {
            sequence.cachedTokens = cached;
            sequence.scheduledAt = now;
        }
        cache.allocate(sequence, tokens);
        schedule(sequence, tokens);
        return tokens;
    }

    private void countLookup(Sequence sequence) {
        if (sequence.preemptions == 0) {
            stats.prefixQueries += sequence.length();
            stats.prefixHits += (long) sequence.found * limits.blockSize();
        }
    }

    private void schedule(Sequence sequence, int tokens) {
        sequence.scheduled = tokens;
        batch.add(sequence);
        if (tokens == 1 && sequence.generated() > 0) {
            cost.decode(sequence.computed);
        } else {
            cost.prefill(tokens, sequence.computed);
        }
        cache.register(sequence, tokens);
    }

    private Sequence preemptYoungest() {
        var victim = running.removeLast();
        decoders.remove(victim);
        cache.release(victim);
        victim.preemptions++;
        stats.preemptions++;
        victim.state = Sequence.State.WAITING;
        waiting.addFirst(victim);
        return victim;
    }

    private void complete(long at) {
        stats.steps++;
        gap = 0;
        gaps = 0;
        stats.output += decoders.size();
        decoders.end(at);
        decoders.look(at, this::leave);
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
            leave(sequence, running.indexOf(sequence), at);
        }
        sequence.told = index + 1;
        sequence.listener().onToken(sequence, index, at);
        if (last) {
            sequence.listener().onFinish(sequence, at);
        }
    }

    /** All output of one that runs is there. */
    private void leave(Sequence sequence, int place, long at) {
        running.remove(place);
        cache.release(sequence);
        sequence.state = Sequence.State.FINISHED;
        stats.finished(sequence, at, sequence.output().stops());
    }

    /** Leading tokens of a prompt whose blocks are in the prefix cache now; one at least is always computed. */
    public int cachedTokens(Prompt prompt) {
        return cache.find(prompt) * limits.blockSize();
    }

    /** Those of a sequence that waits, as they were when it was last looked at. */
    int cachedOf(Sequence sequence) {
        if (sequence.found == Sequence.UNKNOWN) {
            return cachedTokens(sequence.prompt());
        }
        return sequence.found * limits.blockSize();
    }

    List<Sequence> sequencesRunning() {
        decoders.countAll();
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
        long least = Integer.MAX_VALUE;
        for (int i = 0; i < batch.size(); i++) {
            var sequence = batch.get(i);
            if (sequence.state == Sequence.State.RUNNING) {
                if (sequence.generated() == 0 || sequence.scheduled != 1) {
                    return 0;
                }
                least = Math.min(least, sequence.output().tokens() - sequence.generated());
            }
        }
        if (decoders.size() > 0) {
            least = Math.min(least, decoders.quietSteps() + 1);
        }
        // more blocks than that many steps can take: nobody is preempted, and no batch gets smaller
        long enough = (batch.size() + decoding) * (least / limits.blockSize() + 2);
        return cache.isFree(enough) && waiting.isEmpty() && least != Integer.MAX_VALUE ? (int) least - 1 : 0;
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
        return cache.free();
    }

    /** Blocks of distinct content in the prefix cache. */
    public int cachedBlocks() {
        decoders.countAll();
        return cache.pool().cachedBlocks();
    }

    /** Blocks no sequence holds whose content is in the prefix cache. */
    public int evictableBlocks() {
        decoders.countAll();
        return cache.pool().evictable();
    }

    /** Cached blocks that were handed out for other content. */
    public long evictions() {
        return cache.pool().evictions();
    }

    /** Share of blocks that running sequences hold, 0 to 1. */
    public double kvUsage() {
        return 1 - (double) cache.free() / cache.capacity();
    }
}
