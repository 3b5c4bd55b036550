package io.kvasir.sim.engine;

import java.util.Arrays;

/**
 * The sequences of an engine that decode, in the order in which they run: each has one token more with every step. So a step
 * is counted once for all of them, and what one of them has is worked out when somebody looks: its tokens and blocks, and what
 * its listener hears. Not thread-safe.
 */
final class Decoders {
    /** Told of a sequence whose last token has come. */
    interface Ends {
        /**
         * It leaves the engine.
         *
         * @param place among the decoders
         */
        void leave(Sequence sequence, int place, long atNanos);
    }

    private static final int MOST_TIMES = 1024;

    private final KvCache cache;
    private final int blockSize;
    /** Decoders by the remainder of what they have computed less the steps made, which does not change. */
    private final int[] byPhase;

    private Sequence[] sequences = new Sequence[16];
    /** Steps made less the tokens that it has. */
    private long[] base = new long[16];
    /** The step with which it ends. */
    private long[] endsWith = new long[16];
    /** It is told of its tokens by the step of that number and that time, if both have come. */
    private long[] tellWith = new long[16];

    private long[] tellAt = new long[16];
    /** Steps that its own counts have. */
    private long[] since = new long[16];

    private int size;
    private long contexts;
    private long made;
    private boolean underWay;
    /** When steps ended, by their number; those before the oldest were told. */
    private long[] ends = new long[64];

    private long oldest;
    private long[] times = new long[64];

    Decoders(KvCache cache, int blockSize) {
        this.cache = cache;
        this.blockSize = blockSize;
        byPhase = new int[blockSize];
    }

    int size() {
        return size;
    }

    /** Tokens that all of them have computed. */
    long contexts() {
        return contexts;
    }

    /** A sequence decodes from the next step on, the last of all. */
    void add(Sequence sequence) {
        if (size == sequences.length) {
            int room = 2 * size;
            sequences = Arrays.copyOf(sequences, room);
            base = Arrays.copyOf(base, room);
            endsWith = Arrays.copyOf(endsWith, room);
            tellWith = Arrays.copyOf(tellWith, room);
            tellAt = Arrays.copyOf(tellAt, room);
            since = Arrays.copyOf(since, room);
        }
        if (size == 0) {
            oldest = made;
        }
        sequences[size] = sequence;
        base[size] = made - sequence.generated();
        endsWith[size] = base[size] + sequence.output().tokens();
        since[size] = made;
        contexts += sequence.computed;
        byPhase[phase(sequence.computed)]++;
        readTelling(size++);
    }

    private int phase(int computed) {
        return (int) Math.floorMod(computed - made, (long) blockSize);
    }

    /** What the sequence's listener wants has changed. */
    void tellingChanged(Sequence sequence) {
        int place = find(sequence);
        if (place >= 0) {
            readTelling(place);
        }
    }

    private void readTelling(int place) {
        tellWith[place] = base[place] + sequences[place].tellTokens;
        tellAt[place] = sequences[place].tellNanos;
    }

    private int find(Sequence sequence) {
        for (int i = 0; i < size; i++) {
            if (sequences[i] == sequence) {
                return i;
            }
        }
        return -1;
    }

    /** Begins a step of all of them; false, and nothing, where not all blocks for it are free. */
    boolean begin() {
        int blocks = byPhase[(int) Math.floorMod(-made, (long) blockSize)];
        if (blocks > cache.free()) {
            return false;
        }
        cache.owe(blocks);
        underWay = true;
        return true;
    }

    /** The step begun has ended, and nothing is begun: what it brought stays untold. */
    void end(long atNanos) {
        if (made + 1 - oldest >= ends.length) {
            makeRoom();
        }
        made++;
        ends[(int) made & (ends.length - 1)] = atNanos;
        contexts += size;
        underWay = false;
    }

    private void makeRoom() {
        oldest = made;
        for (int i = 0; i < size; i++) {
            oldest = Math.min(oldest, base[i] + sequences[i].told);
        }
        if (made + 1 - oldest < ends.length / 2) {
            return;
        }
        if (ends.length == MOST_TIMES) {
            tellAll();
            oldest = made;
            return;
        }
        var old = ends;
        ends = new long[2 * old.length];
        for (long step = oldest; step <= made; step++) {
            ends[(int) step & (ends.length - 1)] = old[(int) step & (old.length - 1)];
        }
    }

    /** Steps, the one under way among them, with which no decoder ends; there must be decoders. */
    long quietSteps() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < size; i++) {
            least = Math.min(least, endsWith[i]);
        }
        return least - made - 1;
    }

    /** Lets sequences go that had their last token with the last step, and tells those that want to be told by now. */
    void look(long atNanos, Ends ended) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            var sequence = sequences[i];
            if (endsWith[i] == made) {
                count(i);
                byPhase[phase(sequence.computed)]--;
                contexts -= sequence.computed;
                int told = sequence.told;
                int tokens = timesSince(i, told);
                ended.leave(sequence, kept, atNanos);
                sequence.told = sequence.generated();
                sequence.listener().onTokens(sequence, told, times, tokens);
                sequence.listener().onFinish(sequence, atNanos);
            } else {
                if (made >= tellWith[i] && atNanos >= tellAt[i]) {
                    tell(i);
                }
                move(i, kept++);
            }
        }
        Arrays.fill(sequences, kept, size, null);
        size = kept;
    }

    private void move(int from, int to) {
        if (from != to) {
            sequences[to] = sequences[from];
            base[to] = base[from];
            endsWith[to] = endsWith[from];
            tellWith[to] = tellWith[from];
            tellAt[to] = tellAt[from];
            since[to] = since[from];
        }
    }

    private void tell(int place) {
        var sequence = sequences[place];
        int told = sequence.told;
        int tokens = timesSince(place, told);
        if (tokens > 0) {
            sequence.told = told + tokens;
            sequence.listener().onTokens(sequence, told, times, tokens);
        }
        readTelling(place);
    }

    /** Lays the times of a sequence's untold tokens side by side; returns how many there are. */
    private int timesSince(int place, int told) {
        int tokens = (int) (made - base[place]) - told;
        if (times.length < tokens) {
            times = new long[2 * tokens];
        }
        long step = base[place] + told + 1;
        for (int i = 0; i < tokens; i++) {
            times[i] = ends[(int) (step + i) & (ends.length - 1)];
        }
        return tokens;
    }

    void tellAll() {
        for (int i = 0; i < size; i++) {
            tell(i);
        }
    }

    /** Brings a sequence's own counts and blocks up to date. */
    private void count(int place) {
        var sequence = sequences[place];
        int steps = (int) (made - since[place]);
        since[place] = made;
        sequence.decoded(steps);
        int scheduled = underWay ? 1 : 0;
        cache.give(sequence, sequence.computed + scheduled);
        cache.register(sequence, scheduled);
    }

    /** Brings all that sequences say of themselves up to date. */
    void countAll() {
        for (int i = 0; i < size; i++) {
            count(i);
        }
    }

    /** Takes a sequence out, all of whose tokens are counted and told; does nothing where it does not decode. */
    void remove(Sequence sequence) {
        int place = find(sequence);
        if (place < 0) {
            return;
        }
        count(place);
        tell(place);
        byPhase[phase(sequence.computed)]--;
        contexts -= sequence.computed;
        for (int i = place + 1; i < size; i++) {
            move(i, i - 1);
        }
        Arrays.fill(sequences, --size, size + 1, null);
    }

    /** Takes all out, as {@link #remove} does. */
    void clear() {
        countAll();
        tellAll();
        Arrays.fill(sequences, 0, size, null);
        Arrays.fill(byPhase, 0);
        size = 0;
        contexts = 0;
    }
}
