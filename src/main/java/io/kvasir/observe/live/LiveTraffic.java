package io.kvasir.observe.live;

import io.kvasir.pool.Replica;
import io.kvasir.route.Outcome;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.RouterListener;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Listens to requests while somebody watches: keeps the decisions that explain themselves until they are told, with what
 * became of them, and counts by replica and class what requests showed. Called on the threads that route: takes no lock, and
 * keeps a bounded number of everything.
 */
final class LiveTraffic implements RouterListener {
    static final Set<RouterEvent.Kind> KINDS =
            EnumSet.of(RouterEvent.Kind.DECIDED, RouterEvent.Kind.REFUSED, RouterEvent.Kind.ENDED);

    /** Decisions and refusals that wait to be told, each. */
    static final int MOST_WAITING = 64;

    /** Requests whose end is awaited, for their story or for their SLO. */
    static final int MOST_AWAITED = 4_096;

    /** Tokens of an answer from which on it shows how far apart they are. */
    private static final int FEWEST_TOKENS = 4;

    private final Told<RouterEvent.Decided> decided = new Told<>();
    private final Told<RouterEvent.Refused> refused = new Told<>();
    private final Told<RouterEvent.Ended> ended = new Told<>();
    private final Map<Long, Boolean> explained = new ConcurrentHashMap<>();
    private final Map<Long, Wanted> wanted = new ConcurrentHashMap<>();
    private final AtomicInteger wantedCount = new AtomicInteger();
    private final Map<Replica, Shown> replicas = new ConcurrentHashMap<>();
    private final Map<String, SloCounts> slo = new ConcurrentHashMap<>();

    /** What a request told of its SLO, in seconds; NaN where it did not. */
    private record Wanted(double firstToken, double perToken) {}

    /** A short queue that drops what is too much. */
    private static final class Told<T> {
        private final ConcurrentLinkedQueue<T> events = new ConcurrentLinkedQueue<>();
        private final AtomicInteger size = new AtomicInteger();

        boolean offer(T event) {
            if (size.incrementAndGet() > MOST_WAITING) {
                size.decrementAndGet();
                return false;
            }
            events.add(event);
            return true;
        }

        List<T> drain() {
            var all = new ArrayList<T>();
            for (T event = events.poll(); event != null; event = events.poll()) {
                size.decrementAndGet();
                all.add(event);
            }
            return all;
        }
    }

    /** What requests showed of one replica since it was asked last. */
    static final class Shown {
        private final LongAdder ended = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private final LongAdder firstTokens = new LongAdder();
        private final LongAdder seenNanos = new LongAdder();
        private final LongAdder predictedNanos = new LongAdder();
        private final LongAdder promptTokens = new LongAdder();
        private final LongAdder expectedTokens = new LongAdder();
        private final LongAdder foundTokens = new LongAdder();
        private final LongAdder streams = new LongAdder();
        private final LongAdder decodingNanos = new LongAdder();
        private final LongAdder predictedDecodingNanos = new LongAdder();

        private void ended(RouterEvent.Ended event) {
            ended.increment();
            if (event.outcome() != Outcome.COMPLETED && event.outcome() != Outcome.CLIENT_GONE) {
                failed.increment();
            }
            double first = event.firstTokenSeconds();
            if (first >= 0) {
                firstTokens.increment();
                seenNanos.add(Math.round(1e9 * first));
                predictedNanos.add(Math.round(1e9 * event.prediction().firstToken()));
            }
            var usage = event.usage();
            if (first >= 0
                    && event.outcome() == Outcome.COMPLETED
                    && usage.outputTokens() >= FEWEST_TOKENS
                    && event.prediction().work().sequences() == 1) {
                streams.increment();
                decodingNanos.add(event.nanos() - event.times().firstToken());
                predictedDecodingNanos.add(
                        Math.round(1e9 * event.prediction().perToken() * (usage.outputTokens() - 1)));
            }
            if (usage.cachedTokens() >= 0 && usage.promptTokens() > 0) {
                promptTokens.add(usage.promptTokens());
                expectedTokens.add(Math.min(
                        usage.promptTokens(), Math.round(event.prediction().cachedTokens())));
                foundTokens.add(Math.min(usage.promptTokens(), usage.cachedTokens()));
            }
        }

        /** All of it; counts from 0 again. */
        ReplicaTally take() {
            return new ReplicaTally(
                    ended.sumThenReset(),
                    failed.sumThenReset(),
                    firstTokens.sumThenReset(),
                    1e-9 * seenNanos.sumThenReset(),
                    1e-9 * predictedNanos.sumThenReset(),
                    promptTokens.sumThenReset(),
                    expectedTokens.sumThenReset(),
                    foundTokens.sumThenReset(),
                    streams.sumThenReset(),
                    1e-9 * decodingNanos.sumThenReset(),
                    1e-9 * predictedDecodingNanos.sumThenReset());
        }
    }

    /** Requests of one class that told an SLO, and those of them that met it. */
    static final class SloCounts {
        private final LongAdder told = new LongAdder();
        private final LongAdder met = new LongAdder();
        private volatile double firstToken = Double.NaN;
        private volatile double perToken = Double.NaN;

        long told() {
            return told.sum();
        }

        long met() {
            return met.sum();
        }

        /** Time to first token that was told last, in seconds; NaN for none. */
        double firstToken() {
            return firstToken;
        }

        /** Time per output token that was told last, in seconds; NaN for none. */
        double perToken() {
            return perToken;
        }

        private void ended(Wanted wanted, RouterEvent.Ended event) {
            told.increment();
            firstToken = wanted.firstToken;
            perToken = wanted.perToken;
            double first = event.firstTokenSeconds();
            int tokens = event.usage().outputTokens();
            double each = tokens > 1 ? (event.nanos() - event.times().firstToken()) * 1e-9 / (tokens - 1) : 0;
            if (event.outcome() == Outcome.COMPLETED
                    && !(first > wanted.firstToken)
                    && !(each > wanted.perToken)
                    && !Double.isNaN(first)) {
                met.increment();
            }
        }
    }

    @Override
    public void on(RouterEvent event) {
        switch (event) {
            case RouterEvent.Decided decision -> decided(decision);
            case RouterEvent.Refused refusal -> {
                var _ = refused.offer(refusal);
            }
            case RouterEvent.Ended end -> ended(end);
            default -> {}
        }
    }

    private void decided(RouterEvent.Decided event) {
        if (event.explanation() != null && explained.size() < MOST_WAITING && decided.offer(event)) {
            explained.put(event.id(), Boolean.TRUE);
        }
        var headers = event.asked().headers();
        if (!Double.isNaN(headers.ttftSlo()) || !Double.isNaN(headers.tpotSlo())) {
            if (wantedCount.incrementAndGet() > MOST_AWAITED) {
                wantedCount.decrementAndGet();
            } else {
                wanted.put(event.id(), new Wanted(headers.ttftSlo(), headers.tpotSlo()));
            }
        }
    }

    private void ended(RouterEvent.Ended event) {
        if (!explained.isEmpty() && explained.remove(event.id()) != null) {
            var _ = ended.offer(event);
        }
        if (!wanted.isEmpty()) {
            var told = wanted.remove(event.id());
            if (told != null) {
                wantedCount.decrementAndGet();
                slo.computeIfAbsent(event.endpoint().hardware().name(), _ -> new SloCounts())
                        .ended(told, event);
            }
        }
        var replica = event.endpoint().replica();
        var shown = replicas.get(replica);
        (shown == null ? replicas.computeIfAbsent(replica, _ -> new Shown()) : shown).ended(event);
    }

    /** Explained decisions since this was asked last. */
    List<RouterEvent.Decided> decisions() {
        return decided.drain();
    }

    /** Refusals since this was asked last, the first of them. */
    List<RouterEvent.Refused> refusals() {
        return refused.drain();
    }

    /** Ends of explained decisions since this was asked last. */
    List<RouterEvent.Ended> ends() {
        return ended.drain();
    }

    /** What requests showed of a replica since this was asked last. */
    @Nullable
    ReplicaTally take(Replica replica) {
        var shown = replicas.get(replica);
        return shown == null ? null : shown.take();
    }

    /** What became of SLOs, by hardware class. */
    Map<String, SloCounts> slo() {
        return slo;
    }

    /** Forgets all replicas but those. */
    void keep(Set<Replica> present) {
        replicas.keySet().retainAll(present);
    }
}
