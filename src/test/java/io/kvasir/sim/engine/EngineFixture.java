package io.kvasir.sim.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An engine with a small cache on a clock that only the test moves. */
final class EngineFixture {
    static final HardwareProfiles PROFILES = HardwareProfiles.load();
    static final HardwareProfile H100 =
            Objects.requireNonNull(PROFILES.devices().get("h100"));
    static final int BLOCK = 16;

    final StepCost cost = new StepCost(H100, PROFILES.model());
    final Engine engine;
    long now;

    EngineFixture(int blocks, int budget, int sequences, int maxLength) {
        this(blocks, budget, sequences, maxLength, 0);
    }

    /** @param window tokens that half of the layers look back; 0 for all */
    EngineFixture(int blocks, int budget, int sequences, int maxLength, int window) {
        engine = new Engine(new EngineLimits(BLOCK, blocks, budget, sequences, maxLength, window), cost);
    }

    static EngineFixture roomy() {
        return new EngineFixture(4096, 8192, 64, 32_768);
    }

    /** A prompt of {@code length} tokens; prompts of one {@code topic} share their beginnings. */
    static Prompt prompt(int topic, int length) {
        var prompt = new PromptBuilder(BLOCK, "");
        for (int i = 0; i < length; i++) {
            prompt.token(topic * 1_000_003 + i);
        }
        return prompt.build();
    }

    Recorder submit(int topic, int length, int output) {
        return submit(prompt(topic, length), output);
    }

    Recorder submit(Prompt prompt, int output) {
        var recorder = new Recorder();
        recorder.sequence = engine.submit(prompt, Output.to(prompt, 0, output, output, true), recorder, now);
        return recorder;
    }

    void abort(Recorder recorder) {
        engine.abort(recorder.sequence(), now);
    }

    /** Completes the step under way, at its end. */
    void step() {
        now = engine.due();
        engine.step(now);
    }

    void finishAll() {
        while (engine.due() != Engine.NEVER) {
            step();
        }
    }

    /** What a sequence's listener heard. */
    static final class Recorder implements SequenceListener {
        final List<Long> tokensAt = new ArrayList<>();
        boolean finished;
        private @Nullable Sequence sequence;

        Sequence sequence() {
            return Objects.requireNonNull(sequence);
        }

        @Override
        public void onToken(Sequence s, int index, long atNanos) {
            if (index != tokensAt.size() || finished) {
                throw new AssertionError("token " + index + " after " + tokensAt.size());
            }
            tokensAt.add(atNanos);
        }

        @Override
        public void onFinish(Sequence s, long atNanos) {
            finished = true;
        }
    }
}
