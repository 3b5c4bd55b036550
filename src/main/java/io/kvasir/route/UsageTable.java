package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Request;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What each tenant has taken of each model: tokens, and seconds of each hardware class. A tenant is who a request is counted
 * to, as a gateway or a trusted proxy says by the fairness id. The first {@link #MOST} pairs of tenant and model are told apart,
 * the rest share one. Safe for any thread; readers take no lock.
 */
public final class UsageTable implements Metered {
    /** Pairs told apart. */
    static final int MOST = 1_000;

    /** Whom requests are counted to that nobody is named for. */
    static final String DEFAULT = "default";

    /** What the rest is called. */
    static final String OTHER = "other";

    /** Whose, of which model. */
    public record Key(String tenant, String model) {
        // spelled out, as what stands for it in a record is put together by the first request that needs it
        @Override
        public boolean equals(@Nullable Object that) {
            return that instanceof Key other && tenant.equals(other.tenant) && model.equals(other.model);
        }

        @Override
        public int hashCode() {
            return 31 * tenant.hashCode() + model.hashCode();
        }
    }

    /** What was taken. Tokens are what engines reported; where they did not, as estimated and as events were counted. */
    public static final class Taken {
        private final LongAdder requests = new LongAdder();
        private final LongAdder prompt = new LongAdder();
        private final LongAdder cached = new LongAdder();
        private final LongAdder output = new LongAdder();
        private final Map<String, DoubleAdder> seconds = new ConcurrentHashMap<>();

        /** Requests that an engine computed for. */
        public long requests() {
            return requests.sum();
        }

        /** Tokens of prompts. */
        public long promptTokens() {
            return prompt.sum();
        }

        /** Tokens of prompts that were found in caches. */
        public long cachedTokens() {
            return cached.sum();
        }

        /** Tokens of answers. */
        public long outputTokens() {
            return output.sum();
        }

        /** Seconds that requests spent on endpoints, from their last placement to their end, by hardware class. */
        public Map<String, Double> seconds() {
            var copy = new TreeMap<String, Double>();
            seconds.forEach((hardware, sum) -> copy.put(hardware, sum.sum()));
            return copy;
        }
    }

    private final Map<Key, Taken> byKey = new ConcurrentHashMap<>();

    /**
     * A request is over for which an engine computed.
     *
     * @param request as it was routed
     * @param cached tokens found in the cache; -1 where nobody said
     * @param seconds from its last placement
     */
    void took(Request request, Endpoint endpoint, long prompt, long cached, long output, double seconds) {
        var taken = of(request, endpoint);
        taken.requests.increment();
        taken.prompt.add(prompt);
        if (cached > 0) {
            taken.cached.add(cached);
        }
        taken.output.add(output);
        taken.seconds
                .computeIfAbsent(endpoint.hardware().name(), _ -> new DoubleAdder())
                .add(seconds);
    }

    private Taken of(Request request, Endpoint endpoint) {
        String tenant = request.headers().fairnessId();
        String model = request.model() == null ? "" : request.model();
        // names that clients make up are not told apart
        var key = new Key(
                tenant == null || tenant.isEmpty() ? DEFAULT : tenant,
                model.isEmpty() || endpoint.names(model) ? model : OTHER);
        var known = byKey.get(key);
        if (known != null) {
            return known;
        }
        var fitting = byKey.size() < MOST ? key : new Key(OTHER, OTHER);
        return byKey.computeIfAbsent(fitting, _ -> new Taken());
    }

    /** Visits all. */
    public void forEach(BiConsumer<Key, Taken> visitor) {
        byKey.forEach(visitor);
    }

    @Override
    public void describe(MetricSink sink) {
        byKey.forEach((key, taken) -> {
            String[] labels = {"tenant", key.tenant(), "model", key.model()};
            sink.counter("kvasir_usage_requests", "Requests that engines computed for.", taken.requests(), labels);
            sink.counter(
                    "kvasir_usage_prompt_tokens", "Prompt tokens that tenants took.", taken.promptTokens(), labels);
            sink.counter(
                    "kvasir_usage_cached_tokens",
                    "Prompt tokens of tenants that were found in caches.",
                    taken.cachedTokens(),
                    labels);
            sink.counter(
                    "kvasir_usage_output_tokens", "Output tokens that tenants took.", taken.outputTokens(), labels);
            taken.seconds()
                    .forEach((hardware, seconds) -> sink.counter(
                            "kvasir_usage_seconds",
                            "Seconds that tenants' requests spent on endpoints, by hardware class.",
                            seconds,
                            "tenant",
                            key.tenant(),
                            "model",
                            key.model(),
                            "hardware",
                            hardware));
        });
    }
}
