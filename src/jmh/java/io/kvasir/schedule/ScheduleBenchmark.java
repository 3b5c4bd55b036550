package io.kvasir.schedule;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfigReader;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One decision over a pool: the default profile, five scorers of the field, and pairs of prefill and decode. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScheduleBenchmark {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final List<String> PRODUCTS = List.of("NVIDIA-H200", "AMD-Instinct-MI350X", "NVIDIA-H100", "CPU");

    private static final List<String> ADAPTERS = List.of("sql-70b-lora", "support-lora", "code-lora-13b");
    private static final List<String> MODELS = List.of(MODEL, "sql-70b-lora", "support-lora", "code-lora-13b");

    @Param({"16", "256"})
    int endpoints;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));
    private final Profile timeProfile = Policy.TIME.profile(time);
    private final Profile fiveScorers = new Profile(
            "five",
            List.of(
                    new ModelFilter(),
                    RoleFilter.decode(),
                    new ContextLimitFilter(),
                    new HealthFilter(),
                    new ContextFitFilter()),
            Stream.of(
                            new QueueScorer(),
                            new KvUtilisationScorer(),
                            new PrefixScorer(),
                            new TokenLoadScorer(4_194_304),
                            new LoraAffinityScorer())
                    .map(scorer -> new Profile.Weighted(scorer, 1))
                    .toList(),
            new MaxScorePicker(1e-9));
    private final Profile eightScorers = ofFile("""
        plugins:
        - type: decode-filter
        - type: queue-scorer
        - type: kv-cache-utilization-scorer
        - type: prefix-cache-scorer
        - type: no-hit-lru-scorer
        - type: lora-affinity-scorer
        - type: active-request-scorer
        - type: load-aware-scorer
        - type: token-load-scorer
        """);
    private final Pool splitPool = new Pool(HardwareCatalogue.load());
    private final Pairing pairing =
            new Pairing(new PdDecider.UncachedTokens(16, 0), Policy.TIME.prefillProfile(time), time, false);
    private Request request = Request.withoutBody(Dialect.CHAT_COMPLETIONS);
    private final List<String> named = new ArrayList<>();
    private int turn;

    /** Fills the pool with replicas that differ in hardware, load and what they hold. */
    @Setup
    public void setup() {
        fill(pool, false);
        fill(splitPool, true);
        for (int i = 0; i < endpoints; i += 4) {
            named.add(pool.snapshot().at(i).hostPort());
        }
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        byte[] body = ("{\"model\":\"" + MODEL + "\",\"max_tokens\":300,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "word".repeat(8000) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        request = scanner.request();
    }

    /** @param split whether half of the endpoints only prefill, and the others only decode */
    private void fill(Pool pool, boolean split) {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < endpoints; i++) {
            specs.add(EndpointSpec.builder("e" + i, "10.0." + i / 250 + "." + i % 250, 8000)
                    .role(!split ? Role.BOTH : i / PRODUCTS.size() % 2 == 0 ? Role.PREFILL : Role.DECODE)
                    .product(PRODUCTS.get(i % PRODUCTS.size()))
                    .model(MODEL)
                    .adapters(ADAPTERS)
                    .maxModelLen(131_072)
                    .kvTokens(400_000)
                    .build());
        }
        pool.apply(specs);
        for (int i = 0; i < endpoints; i++) {
            var endpoint = pool.snapshot().at(i);
            int sequences = Math.max(1, i % 40 + i % 5);
            for (int k = 0; k < sequences; k++) {
                endpoint.load().place(1000L * (i % 30) / sequences, 300);
            }
            endpoint.load().placePrefill(1_000_000L * (i % 70), 0);
            endpoint.load().came(1_000_000L * (i % 70), 0);
            endpoint.report(EngineStats.at(0)
                    .running(i % 40)
                    .waiting(i % 5)
                    .kvUsage(i % 100 / 100.0)
                    .blocks(16, 25_000)
                    .adapters(4, List.of(), List.of())
                    .prefixes(0, 0)
                    .preemptions(0)
                    .build());
        }
    }

    private void begin(Pool pool) {
        context.begin(request, MODEL, pool.snapshot(), null, 1, 2_000_000_000L, 256);
        context.matches().reset(endpoints);
        for (int i = 0; i < endpoints; i += 3) {
            context.matches().tokens()[i] = i * 20;
        }
    }

    private Profile.Result run(Profile profile) {
        begin(pool);
        var result = profile.run(context, null);
        context.end();
        return result;
    }

    private Profile ofFile(String config) {
        try {
            var read = new PickerConfigReader(new PluginContext(time), true)
                    .read("line", config.getBytes(StandardCharsets.UTF_8));
            return Objects.requireNonNull(read.scheduling()).profile();
        } catch (InvalidConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Eight scorers of the field, from a file. */
    @Benchmark
    public Profile.Result eightScorersFromAFile() {
        return run(eightScorers);
    }

    /** The same for a prompt that nobody holds, which one of them spreads by turns. */
    @Benchmark
    public Profile.Result eightScorersFromAFileCold() {
        begin(pool);
        context.matches().reset(endpoints);
        var result = eightScorers.run(context, null);
        context.end();
        return result;
    }

    /** The default. */
    @Benchmark
    public Profile.Result timeModel() {
        return run(timeProfile);
    }

    /** Queue, KV use, prefix, token load and adapter affinity. */
    @Benchmark
    public Profile.Result fiveScorers() {
        return run(fiveScorers);
    }

    private Profile.Result alternating(@Nullable List<String> subset) {
        String model = MODELS.get(turn++ & 3);
        context.begin(request, model, pool.snapshot(), subset, 1, 2_000_000_000L, 256);
        context.matches().reset(endpoints);
        for (int i = 0; i < endpoints; i += 3) {
            context.matches().tokens()[i] = i * 20;
        }
        var result = timeProfile.run(context, null);
        context.end();
        return result;
    }

    /** The default where a model and three of its adapters are asked for in turn. */
    @Benchmark
    public Profile.Result fourModels() {
        return alternating(null);
    }

    /** The same where a gateway names a quarter of the endpoints. */
    @Benchmark
    public Profile.Result fourModelsOfNamedQuarter() {
        return alternating(named);
    }

    private Decision pair(Pool pool) {
        begin(pool);
        var decision = Objects.requireNonNull(timeProfile.run(context, null).decision());
        var paired = pairing.pair(context, pool.snapshot(), null, decision, null);
        context.end();
        return paired;
    }

    /** The default at a door that can use pairs, over a pool that has none. */
    @Benchmark
    public Decision pairOfNone() {
        return pair(pool);
    }

    /** A decode endpoint by the default, and a prefill endpoint for it. */
    @Benchmark
    public Decision pairOfSplitPool() {
        return pair(splitPool);
    }
}
