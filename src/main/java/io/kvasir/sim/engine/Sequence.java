package io.kvasir.sim.engine;

import java.util.Arrays;

/** One prompt and the output an engine generates for it. */
public final class Sequence {
    /** Where a sequence is in its life. */
    public enum State {
        /** Submitted or preempted, and not scheduled. */
        WAITING,
        /** Holds blocks and takes part in steps. */
        RUNNING,
        /** Generated all its output. */
        FINISHED,
        /** Left before that. */
        ABORTED
    }

    static final int UNKNOWN = -1;

    private final Prompt prompt;
    private final Output output;
    private final SequenceListener listener;
    final long submittedAt;

    State state = State.WAITING;
    long scheduledAt = UNKNOWN;
    long firstTokenAt = UNKNOWN;
    long lastTokenAt = UNKNOWN;
    int cachedTokens = UNKNOWN;
    int preemptions;
    /** Leading blocks found in the cache when it was last tried to admit it. */
    int found = UNKNOWN;
    /** Tokens whose KV is in the sequence's blocks. */
    int computed;
    /** Tokens computed in the step under way. */
    int scheduled;
    /** Leading blocks that are findable in the cache. */
    int registered;

    private int generated;
    private int[] blocks = new int[8];
    private int held;
    /** Of layers that look back over a window; {@link BlockIndex#NONE} where that has passed. */
    private int[] inWindow = {};

    private int heldInWindow;
    private long chain;
    /** Tokens of the output that the chain has. */
    private int chained;
    /** Tokens until the next block is full. */
    private int untilFull;

    private long[] outputBlocks = new long[4];

    Sequence(Prompt prompt, Output output, SequenceListener listener, long submittedAt) {
        this.prompt = prompt;
        this.output = output;
        this.listener = listener;
        this.submittedAt = submittedAt;
        this.chain = prompt.tail();
        this.untilFull = prompt.blockSize() - prompt.length() % prompt.blockSize();
    }

    /** The prompt. */
    public Prompt prompt() {
        return prompt;
    }

    /** What it generates. */
    public Output output() {
        return output;
    }

    /** Tokens generated so far. */
    public int generated() {
        return generated;
    }

    /** Prompt tokens found in the prefix cache when it was first scheduled; -1 before that. */
    public int cachedTokens() {
        return cachedTokens;
    }

    /** Times it lost its blocks and had to be computed again. */
    public int preemptions() {
        return preemptions;
    }

    /** Where it is. */
    public State state() {
        return state;
    }

    SequenceListener listener() {
        return listener;
    }

    /** Prompt and output so far. */
    int length() {
        return prompt.length() + generated;
    }

    int held() {
        return held;
    }

    int heldBlock(int i) {
        return blocks[i];
    }

    void hold(int block) {
        if (held == blocks.length) {
            blocks = Arrays.copyOf(blocks, held * 2);
        }
        blocks[held++] = block;
    }

    int heldInWindow() {
        return heldInWindow;
    }

    int windowBlock(int i) {
        return inWindow[i];
    }

    void holdInWindow(int block) {
        if (heldInWindow == inWindow.length) {
            inWindow = Arrays.copyOf(inWindow, Math.max(8, heldInWindow * 2));
        }
        inWindow[heldInWindow++] = block;
    }

    /** A window has passed a block. */
    void passed(int i) {
        inWindow[i] = BlockIndex.NONE;
    }

    void dropBlocks() {
        held = 0;
        heldInWindow = 0;
        found = UNKNOWN;
        registered = 0;
        computed = 0;
    }

    /** Hash of full block {@code i} of prompt and output. */
    public long block(int i) {
        int ofPrompt = prompt.fullBlocks();
        return i < ofPrompt ? prompt.block(i) : outputBlocks[i - ofPrompt];
    }

    /** Token {@code i} of prompt and output; the prompt's must have been kept. */
    public int token(int i) {
        return i < prompt.length() ? prompt.tokens()[i] : Vocabulary.token(output.seed(), i - prompt.length());
    }

    /** Appends the next output token; returns its index. */
    int generate() {
        generated++;
        if (--untilFull == 0) {
            chain = prompt.content().generated(chain, output.seed(), chained, generated);
            chained = generated;
            untilFull = prompt.blockSize();
            int place = length() / prompt.blockSize() - 1;
            int at = place - prompt.fullBlocks();
            if (at == outputBlocks.length) {
                outputBlocks = Arrays.copyOf(outputBlocks, at * 2);
            }
            int group = place % PieceBuilder.TOGETHER;
            long first = group == 0 ? 0 : block(place - group);
            outputBlocks[at] = prompt.content().block(chain, first, place);
        }
        return generated - 1;
    }
}
