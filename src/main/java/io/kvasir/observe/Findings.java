package io.kvasir.observe;

import static io.kvasir.observe.Finding.INFO;
import static io.kvasir.observe.Finding.WARNING;

import io.kvasir.admission.flow.QueueSnapshot;
import io.kvasir.cost.ClassRates;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.pool.Replica;
import io.kvasir.route.Router;
import io.kvasir.schedule.PoolAdvice;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong now, in words, with what to do: of endpoints one line each, the worst of each, and lines about the pool and
 * the program. Looks at what is there, and remembers what earlier looks saw, whoever looked.
 */
@ApplicationScoped
public class Findings {
    /** Lines at most. */
    static final int MOST = 200;

    /** Requests in our books, of which an engine knows a quarter at most, from which on they may be phantoms. */
    static final long PHANTOMS = 8;

    /** Time for which load must be phantom to be told, at looks that are {@link #LOOK_NANOS} apart at most, in ns. */
    static final long PHANTOM_NANOS = 8_000_000_000L;

    private static final long LOOK_NANOS = 5_000_000_000L;

    /** Usual error of a class' predictions, in shares of what was predicted, from which on it is told. */
    static final double DRIFT = 0.5;

    private static final long DRIFT_SAMPLES = 100;

    /** Difference of expected and found cached tokens, in shares of prompt tokens, from which on it is told. */
    static final double HIT_DRIFT = 0.2;

    /** How many times as slow as by the catalogue a class may be found to be. */
    static final double SLOWER = 2;

    /** A prompt of usual length, in tokens. */
    private static final int PROMPT = 2_048;

    private static final long HIT_TOKENS = 200_000;

    /** Share of the time for which requests may wait, from which on a wait is told. */
    static final double LONG_WAIT = 0.5;

    private final ObservedRouter observed;
    private final ModelCatalogue models = ModelCatalogue.load();
    /** Since when. */
    private final Map<Replica, Long> phantoms = new HashMap<>();

    private final FrozenPages frozen = new FrozenPages();
    private final LatelyCached cached = new LatelyCached();
    private List<PoolAdvice> advice = List.of();
    private long advisedVersion = -1;
    private long lookedNanos;

    /** @param observed whose router is looked at */
    @Inject
    public Findings(ObservedRouter observed) {
        this.observed = observed;
    }

    /** All of them, of each endpoint the worst, the worst first; none before the router runs. */
    public synchronized List<Finding> look() {
        var all = new ArrayList<Finding>();
        look(found -> all.add(worst(found)), all);
        all.sort(Comparator.comparingInt(Finding::rank)
                .thenComparing(one -> one.endpoint() == null ? "" : one.endpoint())
                .thenComparing(Finding::code));
        return bounded(all);
    }

    /** Each of them, whatever else is wrong with an endpoint and however many they are, in no order. */
    public synchronized List<Finding> each() {
        var all = new ArrayList<Finding>();
        look(all::addAll, all);
        return all;
    }

    /**
     * @param endpoints takes what is wrong with an endpoint, where something is
     * @param others gets what is wrong with the pool and the program
     */
    private void look(Consumer<List<Finding>> endpoints, List<Finding> others) {
        var router = observed.router().orElse(null);
        if (router == null) {
            return;
        }
        long now = router.nanoTime();
        var pool = router.pool().snapshot();
        advise(pool);
        var advised = new HashMap<String, PoolAdvice>();
        for (var one : advice) {
            if (one.endpoint() != null) {
                advised.putIfAbsent(one.endpoint(), one);
            }
        }
        if (now - lookedNanos > LOOK_NANOS) {
            phantoms.clear();
        }
        lookedNanos = now;
        var present = replicas(pool);
        phantoms.keySet().retainAll(present);
        frozen.keep(present);
        for (var endpoint : pool.endpoints()) {
            var found = of(router, endpoint, advised.get(endpoint.spec().name()), now);
            if (!found.isEmpty()) {
                endpoints.accept(found);
            }
        }
        pool(router, pool, others);
        observed.queue().ifPresent(queue -> flood(queue.snapshot(), others));
        program(others);
    }

    private static void flood(QueueSnapshot queue, List<Finding> all) {
        for (var band : queue.bands()) {
            double most = band.settings().longestWaitSeconds();
            if (band.oldestWaitSeconds() >= LONG_WAIT * most) {
                all.add(new Finding(
                        "flood",
                        WARNING,
                        null,
                        String.format(
                                Locale.ROOT,
                                "of priority %d %d requests wait, the first for %.0f s of %.0f at most",
                                band.priority(),
                                band.waiting(),
                                band.oldestWaitSeconds(),
                                most),
                        "see in the queue whose they are; add replicas, or lower the load",
                        "priority " + band.priority()));
            }
        }
    }

    private static List<Finding> bounded(List<Finding> all) {
        if (all.size() <= MOST) {
            return List.copyOf(all);
        }
        var kept = new ArrayList<>(all.subList(0, MOST - 1));
        kept.add(new Finding(
                "more", INFO, null, all.size() - MOST + 1 + " more findings", "mend those above; the rest comes then"));
        return List.copyOf(kept);
    }

    private static Set<Replica> replicas(PoolSnapshot pool) {
        var replicas = new HashSet<Replica>();
        pool.endpoints().forEach(endpoint -> replicas.add(endpoint.replica()));
        return replicas;
    }

    private List<Finding> of(Router router, Endpoint endpoint, @Nullable PoolAdvice advised, long now) {
        var found = EndpointFindings.of(router, endpoint, now);
        if (phantom(router, endpoint, now)) {
            found.add(new Finding(
                    "phantom-load",
                    WARNING,
                    endpoint.spec().name(),
                    "has " + endpoint.load().requests() + " requests in our books that its engine does not run",
                    "compare with the engine's own page; where a gateway picks by us, see whether it tells the ends of"
                            + " answers"));
        }
        double still = frozen.seconds(endpoint, now);
        if (still > 0 && endpoint.health().routable() && endpoint.stats().ageNanos(now) <= router.freshNanos()) {
            found.add(
                    new Finding(
                            "page-frozen",
                            WARNING,
                            endpoint.spec().name(),
                            String.format(
                                    Locale.ROOT,
                                    "has a metrics page that has not changed for %.0f s, though it computes prompts",
                                    still),
                            "see whether a cache answers for it, and whether the engine's counters move; restart it if they do not"));
        }
        if (advised != null) {
            found.add(new Finding("advice", INFO, endpoint.spec().name(), advised.text(), "see docs/hardware.md"));
        }
        return found;
    }

    /** The worst, with the names of the others. */
    private static Finding worst(List<Finding> found) {
        var worst = Collections.min(found, Comparator.comparingInt(Finding::rank));
        return found.size() == 1
                ? worst
                : new Finding(
                        worst.code(),
                        worst.severity(),
                        worst.endpoint(),
                        worst.what() + also(found, worst),
                        worst.advice());
    }

    /** What else is wrong with it, by name. */
    @SuppressWarnings("ReferenceEquality") // one of the list itself
    private static String also(List<Finding> found, Finding worst) {
        var others = found.stream()
                .filter(one -> one != worst)
                .map(Finding::code)
                .distinct()
                .toList();
        return " (also: " + String.join(", ", others) + ")";
    }

    /** Whether its engine does not know most of what our books have there, and did not at several looks. */
    private boolean phantom(Router router, Endpoint endpoint, long now) {
        var stats = endpoint.stats();
        boolean unknown = endpoint.load().requests() >= PHANTOMS
                && stats.running() >= 0
                && stats.ageNanos(now) <= router.freshNanos()
                && 4L * (stats.running() + Math.max(0, stats.waiting()))
                        < endpoint.load().requests();
        if (!unknown) {
            phantoms.remove(endpoint.replica());
            return false;
        }
        return now - phantoms.computeIfAbsent(endpoint.replica(), _ -> now) >= PHANTOM_NANOS;
    }

    private void advise(PoolSnapshot pool) {
        if (pool.version() != advisedVersion) {
            advisedVersion = pool.version();
            advice = PoolAdvice.of(pool.endpoints(), models);
        }
    }

    private void pool(Router router, PoolSnapshot pool, List<Finding> all) {
        if (pool.size() == 0) {
            all.add(new Finding(
                    "no-endpoints",
                    Finding.ERROR,
                    null,
                    "the pool is empty",
                    "see the endpoint file, or the pool's selector"));
        }
        for (var one : advice) {
            if (one.endpoint() == null) {
                all.add(new Finding("advice", INFO, null, one.text(), "see docs/hardware.md"));
            }
        }
        var seenModels = new HashSet<String>();
        var seenRates = new HashSet<ClassRates>();
        for (var endpoint : pool.endpoints()) {
            String model = endpoint.baseModel();
            if (model != null && seenModels.add(model) && !models.lists(model)) {
                all.add(new Finding(
                        "unknown-model",
                        INFO,
                        null,
                        model + " is not in the model catalogue: its speed is guessed by its name and learned",
                        "nothing, if predictions are close; else tell us its shape"));
            }
            var rates = router.time().rates(endpoint, model == null ? "" : model);
            if (!seenRates.add(rates) || rates.samples() < DRIFT_SAMPLES) {
                continue;
            }
            slower(endpoint, rates, all);
            drift(endpoint, rates, all);
        }
        hits(cached.look(router.counts(), router.nanoTime()), all);
    }

    private static void drift(Endpoint endpoint, ClassRates rates, List<Finding> all) {
        if (rates.drifted()) {
            all.add(new Finding(
                    "prediction-drift",
                    WARNING,
                    null,
                    String.format(
                            Locale.ROOT,
                            "%s is not as fast as it was known to be: predictions are off by %.0f %%, and rates are learned"
                                    + " anew",
                            endpoint.hardware().name(),
                            100 * rates.usualError()),
                    "see whether one of them is slow, else what changed on all: a driver, clocks, an engine's build or"
                            + " configuration",
                    endpoint.hardware().name()));
        } else if (rates.usualError() >= DRIFT) {
            all.add(new Finding(
                    "prediction-drift",
                    WARNING,
                    null,
                    String.format(
                            Locale.ROOT,
                            "predictions for %s are off by %.0f %%, as is usual there",
                            endpoint.hardware().name(),
                            100 * rates.usualError()),
                    "see whether its replicas differ from each other, or are used by others; see docs/time-model.md",
                    endpoint.hardware().name()));
        }
    }

    private static void slower(Endpoint endpoint, ClassRates rates, List<Finding> all) {
        double prefill =
                rates.rates().prefillSeconds(PROMPT, 0, 0) / rates.believed().prefillSeconds(PROMPT, 0, 0);
        double token =
                rates.rates().interTokenSeconds(1, PROMPT) / rates.believed().interTokenSeconds(1, PROMPT);
        if (Math.max(prefill, token) >= SLOWER) {
            all.add(new Finding(
                    "slower-than-catalogue",
                    WARNING,
                    null,
                    String.format(
                            Locale.ROOT,
                            "%s is found to take %.1f times as long as by the catalogue to prefill, %.1f times for a token",
                            endpoint.hardware().name(),
                            prefill,
                            token),
                    "look for throttled devices, a product or count that is described wrongly, or an engine that is"
                            + " configured slow; what was learned is used",
                    endpoint.hardware().name()));
        }
    }

    private static void hits(LatelyCached.Tokens lately, List<Finding> all) {
        double expected = lately.expectedShare();
        double found = lately.foundShare();
        if (lately.prompt() >= HIT_TOKENS && Math.abs(expected - found) >= HIT_DRIFT) {
            all.add(new Finding(
                    "hit-drift",
                    WARNING,
                    null,
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of prompt tokens were expected in caches lately, %.0f %% were found",
                            100 * expected,
                            100 * found),
                    "see which endpoints find less than expected; KV events would tell what they really hold"));
        }
    }

    private void program(List<Finding> all) {
        if (observed.config().get("problem") instanceof String problem && !problem.isEmpty()) {
            all.add(new Finding(
                    "config-refused",
                    WARNING,
                    null,
                    "the changed configuration is refused and the last good one counts: " + problem,
                    "mend the file; it is read again when it changes"));
        }
        for (String notice : observed.notices()) {
            all.add(new Finding("start", INFO, null, notice, "change it in the flags, or leave it out"));
        }
    }
}
