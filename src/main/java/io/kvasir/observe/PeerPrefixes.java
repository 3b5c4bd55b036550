package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.schedule.Decision;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What was predicted of prompts that are cached, as other pickers' dashboards and alerts read it. */
final class PeerPrefixes implements Metered {
    /** Tokens of the blocks in which hits are counted: what vLLM has by default. */
    private static final int BLOCK = 16;

    /** Of one view. */
    private static final class Tokens {
        final ValueBuckets prompt = new ValueBuckets(ValueBuckets.doubling(8, 1 << 20));
        final ValueBuckets cached = new ValueBuckets(ValueBuckets.doubling(8, 1 << 20));
    }

    private final Map<PrefixSource, Tokens> views = new EnumMap<>(PrefixSource.class);
    private final LongAdder blocks = new LongAdder();

    PeerPrefixes() {
        for (var source : PrefixSource.values()) {
            views.put(source, new Tokens());
        }
    }

    void record(Decision decision, long promptTokens) {
        var source = decision.prefixSource();
        if (source != null) {
            var tokens = views.get(source);
            if (tokens != null) {
                tokens.prompt.record(promptTokens);
                tokens.cached.record(Math.min(decision.cachedTokens(), promptTokens));
            }
            blocks.add(decision.bestCachedTokens() / BLOCK);
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counter(
                "llm_d_epp_kv_cache_index_lookup_hits",
                "Blocks of 16 tokens that the best holder had of prompts looked up.",
                blocks.sum());
        views.forEach((source, tokens) -> {
            String producer = PeerParts.producer(source.code());
            String[] labels = {"plugin_type", producer, "plugin_name", producer};
            sink.histogram("llm_d_epp_prefix_prompt_tokens", "Tokens of prompts.", tokens.prompt, labels);
            sink.histogram(
                    "llm_d_epp_prefix_predicted_cached_tokens",
                    "Tokens of prompts that were expected to be held where they went.",
                    tokens.cached,
                    labels);
        });
    }
}
