package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * An engine that is looked at only when it may have something to tell, and makes steps at once, does the same as one that is
 * looked at every step and makes them one by one.
 */
class QuietStepsTest {
    private static final ModelProfile MODEL = new ModelProfile("small", 8e9, 8e9, 131_072, 32, 4096, 8192);
    private static final HardwareProfile DEVICE = new HardwareProfile(
            "small", "nvidia", "small", "", 11e9, 1, 0, 3e12, 0.6, 1e15, 0.45, 0.001, 512, 24, 16, 8192);

    private record Told(int request, String what, long at) {}

    private record Run(
            List<Told> told,
            List<List<Long>> tokensAt,
            long steps,
            long busyNanos,
            long output,
            int cachedBlocks,
            long evictions,
            long preemptions,
            long hits,
            List<Seen> seen) {}

    /** What is seen of the engine between two of its steps. */
    private record Seen(int free, int cached, int evictable, int found, double usage, double ahead) {
        static Seen of(Engine engine, Prompt prompt, long now) {
            var outlook = engine.outlook();
            outlook.look(prompt, 100, now);
            return new Seen(
                    engine.freeBlocks(),
                    engine.cachedBlocks(),
                    engine.evictableBlocks(),
                    engine.cachedTokens(prompt),
                    engine.kvUsage(),
                    outlook.ttftSeconds() + outlook.othersSeconds());
        }
    }

    private static Run run(long seed, int kvBlocks, ToLongFunction<Engine> look) {
        return run(seed, kvBlocks, look, true);
    }

    private static Run run(long seed, int kvBlocks, ToLongFunction<Engine> look, boolean oneByOne) {
        var limits = new EngineLimits(16, kvBlocks, 512, 24, Math.min(8192, kvBlocks * 16));
        var engine = new Engine(limits, new StepCost(DEVICE, MODEL), oneByOne);
        var random = new SplittableRandom(seed);
        var told = new ArrayList<Told>();
        var tokensAt = new ArrayList<List<Long>>();
        var seen = new ArrayList<Seen>();
        long now = 0;
        for (int id = 0; id < 150; id++) {
            long arrival = now + random.nextLong(60_000_000);
            now = until(engine, look, now, arrival);
            var prompt = new PieceBuilder(16)
                    .piece(random.nextInt(5), 1 + random.nextInt(400))
                    .piece(100 + id, 1 + random.nextInt(300))
                    .build();
            tokensAt.add(new ArrayList<>());
            var sequence = submit(engine, id, prompt, 1 + random.nextInt(120), now, told, tokensAt.getLast());
            if (id % 50 == 20) {
                engine.slowDown(2);
            }
            if (id % 3 == 0) {
                seen.add(Seen.of(engine, prompt, now));
            }
            if (id % 40 == 30) {
                engine.dropCache();
            }
            if (id % 10 == 9) {
                now = until(engine, look, now, now + 30_000_000);
                engine.abort(sequence, now);
                engine.slowDown(1);
            }
        }
        var _ = until(engine, look, now, Long.MAX_VALUE - 1);
        var counts = engine.stats();
        return new Run(
                told,
                tokensAt,
                counts.steps(),
                counts.busyNanos(),
                counts.output(),
                engine.cachedBlocks(),
                engine.evictions(),
                counts.preemptions(),
                counts.prefixHits(),
                seen);
    }

    private static long until(Engine engine, ToLongFunction<Engine> look, long from, long until) {
        long now = from;
        while (look.applyAsLong(engine) <= until) {
            now = Math.max(now, look.applyAsLong(engine));
            engine.step(now);
        }
        return until == Long.MAX_VALUE - 1 ? now : until;
    }

    private static Sequence submit(
            Engine engine, int id, Prompt prompt, int output, long now, List<Told> told, List<Long> tokensAt) {
        return engine.submit(
                prompt,
                new Output(output, 10_000 + id, true),
                new SequenceListener() {
                    @Override
                    public void onToken(Sequence sequence, int index, long atNanos) {
                        assertThat(index).isEqualTo(tokensAt.size());
                        tokensAt.add(atNanos);
                        if (index == 0) {
                            told.add(new Told(id, "first", atNanos));
                        }
                    }

                    @Override
                    public void onFinish(Sequence sequence, long atNanos) {
                        told.add(new Told(id, "end", atNanos));
                    }
                },
                now);
    }

    @TestFactory
    Stream<DynamicTest> itTellsTheSameAtTheSameTimes() {
        return IntStream.of(260, 400, 4000)
                .boxed()
                .flatMap(blocks -> IntStream.range(0, 8)
                        .mapToObj(seed -> DynamicTest.dynamicTest(blocks + " blocks, seed " + seed, () -> {
                            var every = run(seed, blocks, Engine::due);
                            var quiet = run(seed, blocks, Engine::quietUntil);

                            assertThat(quiet).isEqualTo(every);
                            assertThat(run(seed, blocks, Engine::quietUntil, false))
                                    .isEqualTo(every);
                        })));
    }

    @Test
    void fewBlocksMakeItPreemptAndEvict() {
        var run = run(1, 260, Engine::quietUntil);

        assertThat(run.preemptions).isPositive();
        assertThat(run.evictions).isPositive();
        assertThat(run.hits).isPositive();
    }

    @Test
    void nothingIsToldBeforeTheQuietTimeThatItNamed() {
        var limits = new EngineLimits(16, 4000, 512, 24, 8192);
        var engine = new Engine(limits, new StepCost(DEVICE, MODEL));
        var told = new ArrayList<Told>();
        var _ = submit(engine, 1, new PieceBuilder(16).piece(1, 700).build(), 50, 0, told, new ArrayList<>());
        var _ = submit(engine, 2, new PieceBuilder(16).piece(2, 300).build(), 90, 0, told, new ArrayList<>());
        int looks = 0;
        while (engine.quietUntil() != Engine.NEVER) {
            long quiet = engine.quietUntil();
            int before = told.size();
            engine.step(quiet - 1);
            assertThat(told).hasSize(before);
            engine.step(quiet);
            looks++;
        }

        assertThat(told).hasSize(4);
        assertThat(looks).isLessThan(40);
    }
}
