package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.KvEventEncoder.Group;
import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever goes wrong with an engine's batches, in whatever order: they are lost, doubled, late, garbage, the connection
 * breaks, the engine restarts, with replay of all or of some or without, of a plain or a hybrid model. What is believed is
 * what the engine holds, or it is said that it may be less, or that it is not to be believed.
 */
class EventFaultsTest {
    private static final int PROMPTS = 8;
    private static final int BLOCKS = 10;
    private static final Group WINDOW = new Group(0, "sliding_window", 40);
    private static final Group FULL = new Group(1, "full_attention", 0);

    private final PreciseView view = new PreciseView(4, 1);
    private final EventCounts counts = new EventCounts();
    private final EngineScript script = new EngineScript();
    private final List<int[]> prompts = new ArrayList<>();
    /** By prompt, the blocks that the engine has for layers that attend to everything, and for the others. */
    private final List<TreeSet<Integer>> held = new ArrayList<>();

    private final List<TreeSet<Integer>> inWindow = new ArrayList<>();
    private final TreeMap<Long, byte[]> published = new TreeMap<>();
    private boolean hybrid;
    private boolean replays;
    private int retained;
    private long number;
    private long now = 1_000_000_000L;
    private EventSource source = source();

    private EventSource source() {
        return new EventSource(
                view.cache(Tenancy.of(0, 1), 0, "m", false), EventDialect.VLLM, counts, replays, 1L << 40);
    }

    private int believed(int... prompt) {
        return KeysOfTokens.held(view, "m", prompt);
    }

    private int reusable(int p) {
        int cut = 0;
        while (held.get(p).contains(cut)) {
            cut++;
        }
        while (hybrid && cut > 0 && !hasWindow(p, cut)) {
            cut--;
        }
        return cut * EngineScript.BLOCK;
    }

    /** 39 tokens before the next: three blocks. */
    private boolean hasWindow(int p, int cut) {
        for (int i = Math.max(0, cut - 3); i < cut; i++) {
            if (!inWindow.get(p).contains(i)) {
                return false;
            }
        }
        return true;
    }

    private byte[] store(int p, int from, int to) {
        for (int i = from; i < to; i++) {
            held.get(p).add(i);
            inWindow.get(p).add(i);
        }
        if (hybrid) {
            script.add(WINDOW, prompts.get(p), from, to);
        }
        return script.add(hybrid ? FULL : Group.ONLY, prompts.get(p), from, to).batch();
    }

    private byte[] change(SplittableRandom random) {
        int p = random.nextInt(PROMPTS);
        var blocks = held.get(p);
        switch (random.nextInt(6)) {
            case 0 -> {
                if (!blocks.isEmpty()) {
                    int last = blocks.pollLast();
                    return script.take(hybrid ? FULL : Group.ONLY, prompts.get(p), last, last + 1)
                            .batch();
                }
            }
            case 1 -> {
                if (hybrid && !inWindow.get(p).isEmpty()) {
                    int first = inWindow.get(p).pollFirst();
                    return script.take(WINDOW, prompts.get(p), first, first + 1).batch();
                }
            }
            case 2 -> {
                if (random.nextInt(8) == 0) {
                    empty();
                    return script.takeAll().batch();
                }
            }
            default -> {}
        }
        int from = 0;
        while (blocks.contains(from) && (!hybrid || inWindow.get(p).contains(from))) {
            from++;
        }
        int to = Math.min(BLOCKS, from + 1 + random.nextInt(4));
        return from == BLOCKS ? store(p, 0, 1) : store(p, from, to);
    }

    private void empty() {
        held.forEach(TreeSet::clear);
        inWindow.forEach(TreeSet::clear);
    }

    private long publish(byte[] payload) {
        published.put(number, payload);
        while (published.size() > retained) {
            published.pollFirstEntry();
        }
        return number++;
    }

    private void settle() {
        for (int i = 0; i < 20; i++) {
            long from = source.takeReplayRequest();
            if (from >= 0) {
                published.tailMap(from).forEach((each, payload) -> source.replayed(each, payload, now));
                source.replayEnded(now);
            } else {
                now += EventSource.LATE_NANOS;
                source.tick(now);
            }
        }
    }

    private void restart() {
        source.disconnected();
        empty();
        published.clear();
        number = 0;
        source.connected(now);
        byte[] first = store(0, 0, 1);
        source.live(publish(first), first, now);
    }

    private void fault(SplittableRandom random) {
        byte[] payload = change(random);
        long at = publish(payload);
        switch (random.nextInt(12)) {
            case 0 -> {}
            case 1 -> {
                source.live(at, payload, now);
                source.live(at, payload, now);
            }
            case 2 -> {
                byte[] next = change(random);
                source.live(publish(next), next, now);
                source.live(at, payload, now);
            }
            case 3 -> {
                byte[] garbage = new byte[random.nextInt(40)];
                random.nextBytes(garbage);
                source.live(at, garbage, now);
            }
            case 4 -> {
                source.disconnected();
                byte[] unheard = change(random);
                publish(unheard);
                source.connected(now);
            }
            case 5 -> {
                if (random.nextInt(4) == 0) {
                    restart();
                }
            }
            default -> source.live(at, payload, now);
        }
        now += 1_000_000;
    }

    @ParameterizedTest
    @CsvSource({
        "1, false, false, 0",
        "2, false, false, 0",
        "3, true, false, 0",
        "4, false, true, 1000000",
        "5, false, true, 8",
        "6, true, true, 1000000",
        "7, true, true, 8",
        "8, true, true, 30"
    })
    void whatIsBelievedIsRightOrSaidToBeUncertain(int seed, boolean ofHybrid, boolean withReplay, int batches) {
        hybrid = ofHybrid;
        replays = withReplay;
        retained = batches;
        source.cache().close();
        source = source();
        for (int p = 0; p < PROMPTS; p++) {
            prompts.add(EngineScript.prompt(100 + p, BLOCKS * EngineScript.BLOCK + 1));
            held.add(new TreeSet<>());
            inWindow.add(new TreeSet<>());
        }
        var random = new SplittableRandom(seed);
        source.connected(now);
        settle();
        int right = 0;
        for (int step = 0; step < 1_500; step++) {
            fault(random);
            if (random.nextInt(6) == 0) {
                // what is lost last shows with the next that comes
                byte[] payload = store(step % PROMPTS, 0, 1);
                source.live(publish(payload), payload, now);
                settle();
                right += check();
            }
        }
        assertThat(right).isPositive();
    }

    private int check() {
        var state = source.state();
        for (int p = 0; p < PROMPTS; p++) {
            int truth = reusable(p);
            if (state == EventState.COMPLETE) {
                assertThat(believed(prompts.get(p))).isEqualTo(truth);
            } else if (state == EventState.PARTIAL) {
                assertThat(believed(prompts.get(p))).isLessThanOrEqualTo(truth);
            }
        }
        return state == EventState.COMPLETE ? 1 : 0;
    }
}
