package io.kvasir.sim.engine;

/**
 * What a prompt would see in an engine if it came now and nothing else did, by the engine's own step costs and by how long
 * each sequence there will still be: the knowledge that no router has. An estimate all the same: steps are taken to be
 * alike, and those that are there to stay for as long as their outputs last. Reused; not thread-safe.
 */
public final class Outlook {
    private final Engine engine;
    private final StepCost cost;
    private final EngineLimits limits;
    private int[] left = new int[64];
    private int cached;
    private double ttft;
    private double decode;
    private double perToken;
    private double others;
    private double othersSquares;

    Outlook(Engine engine, StepCost cost, EngineLimits limits) {
        this.engine = engine;
        this.cost = cost;
        this.limits = limits;
    }

    /**
     * Looks ahead for a prompt.
     *
     * @param prompt in the engine's blocks
     * @param output tokens that it will generate
     */
    public void look(Prompt prompt, int output, long nowNanos) {
        engine.step(nowNanos);
        cached = engine.cachedTokens(prompt);
        int own = prompt.length() - cached;
        var running = engine.sequencesRunning();
        if (left.length < running.size()) {
            left = new int[2 * running.size()];
        }
        long pending = 0;
        double attending = 0;
        int decoding = 0;
        double context = 0;
        double beside = 0;
        double besideContext = 0;
        for (int i = 0; i < running.size(); i++) {
            var sequence = running.get(i);
            int toCompute = sequence.length() - sequence.computed;
            if (sequence.generated() > 0 && toCompute <= 1) {
                decoding++;
                context += sequence.computed;
            } else {
                pending += toCompute;
                attending += cost.attentionSeconds(toCompute, sequence.computed);
            }
            left[i] = sequence.output().tokens() - sequence.generated();
            double along = (double) Math.min(left[i], output) / output;
            beside += along;
            besideContext += along * (sequence.length() + left[i] / 2.0);
        }
        long needed = 0;
        for (var sequence : engine.sequencesWaiting()) {
            int held = engine.cachedOf(sequence);
            int toCompute = sequence.length() - held;
            pending += toCompute;
            attending += cost.attentionSeconds(toCompute, held);
            needed += toCompute;
            int remaining = sequence.output().tokens() - sequence.generated();
            double along = (double) Math.min(remaining, output) / output;
            beside += along;
            besideContext += along * (sequence.length() + remaining / 2.0);
        }
        double ownAttention = cost.attentionSeconds(own, cached);
        int budget = Math.max(1, limits.maxBatchedTokens() - decoding);
        double before = prefillSeconds(pending, attending, budget, decoding, context);
        double with = prefillSeconds(pending + own, attending + ownAttention, budget, decoding, context);
        double current = engine.due() == Engine.NEVER ? 0 : Math.max(0, engine.due() - nowNanos) * 1e-9;
        int size = limits.blockSize();
        long shortage = (needed + own) / size + 1 - engine.freeBlocks();
        double perStep = cost.stepSeconds(context, decoding);
        ttft = current + with + roomSeconds(shortage, perStep);
        double alone = cost.stepSeconds(besideContext, beside);
        double together = cost.stepSeconds(besideContext + prompt.length() + output / 2.0, beside + 1);
        perToken = together;
        decode = (output - 1) * together;
        others = 0;
        othersSquares = 0;
        for (int i = 0; i < running.size(); i++) {
            var sequence = running.get(i);
            boolean decodes = sequence.generated() > 0 && sequence.length() - sequence.computed <= 1;
            longer(left[i], output, decodes ? with - before : 0, alone, together);
        }
        for (var sequence : engine.sequencesWaiting()) {
            longer(sequence.output().tokens() - sequence.generated(), output, 0, alone, together);
        }
    }

    /** Adds a sequence there that has so many tokens left and is held up for so long once. */
    private void longer(int remaining, int output, double once, double alone, double together) {
        double seconds = once + Math.min(remaining, output) * (together - alone);
        others += seconds;
        // n tokens in t seconds each, s seconds later: n (t + s/n)^2 - n t^2
        othersSquares += seconds * (2 * alone + seconds / Math.max(1, remaining));
    }

    /** Seconds of the steps that compute so many prompt tokens while others decode. */
    private double prefillSeconds(long tokens, double attention, int budget, int decoding, double context) {
        if (tokens == 0) {
            return 0;
        }
        double steps = Math.ceil((double) tokens / budget);
        return steps * cost.stepSeconds(context, decoding, tokens / steps, attention / steps);
    }

    /** Seconds until sequences that end have given back so many blocks. */
    private double roomSeconds(long shortage, double perStep) {
        var running = engine.sequencesRunning();
        int count = running.size();
        long missing = shortage;
        int steps = 0;
        boolean[] gone = missing > 0 ? new boolean[count] : new boolean[0];
        for (int k = 0; missing > 0 && k < count; k++) {
            int first = -1;
            for (int i = 0; i < count; i++) {
                if (!gone[i] && (first < 0 || left[i] < left[first])) {
                    first = i;
                }
            }
            gone[first] = true;
            missing -= running.get(first).held();
            steps = left[first];
        }
        return steps * perStep;
    }

    /** Leading tokens of the prompt that were in the cache. */
    public int cachedTokens() {
        return cached;
    }

    /** Seconds until its first token. */
    public double ttftSeconds() {
        return ttft;
    }

    /** Seconds from its first token to its last. */
    public double decodeSeconds() {
        return decode;
    }

    /** Seconds between two of its tokens. */
    public double tokenSeconds() {
        return perToken;
    }

    /** By how much the squares of the seconds between two tokens, added up over the tokens of all others there, would grow. */
    public double othersSquares() {
        return othersSquares;
    }

    /** Seconds by which all others there together would end later. */
    public double othersSeconds() {
        return others;
    }
}
