package io.kvasir.observe;

import io.kvasir.metric.Histogram;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What parts of the program count under our own names, under those that other pickers' dashboards and alerts have for it:
 * plug-ins' times, the index of prefixes, KV events, the pages of engines, streams. Where nothing here compares, a family
 * stands at 0: events wait in no queue and blocks are removed at once.
 */
final class PeerParts implements Metered {
    private static final String OURS = "kvasir_";
    private static final String PLUGIN = "plugin_duration_seconds";
    private static final String TYPE = "plugin_type";
    private static final String NAME = "plugin_name";
    private static final String POD = "pod_identifier";
    private static final String INDEX = "llm_d_epp_kv_cache_index_";
    private static final String EVENTS = "llm_d_epp_kv_cache_events_";
    private static final String[] BOTH = {"llm_d_epp_", "inference_extension_"};

    private final Metered ours;

    /** @param ours whatever counts something of that */
    PeerParts(Metered ours) {
        this.ours = ours;
    }

    /** One value that was declared. */
    private record Told(String name, double value, Histogram buckets, List<String> labels) {
        String label(String key) {
            int at = labels.indexOf(key);
            return at < 0 ? "" : labels.get(at + 1);
        }
    }

    /** Keeps what is declared, by our names without what they begin with. */
    private static final class Kept implements MetricSink {
        private static final Histogram NONE = new ValueBuckets();
        final List<Told> all = new ArrayList<>();

        @Override
        public void counter(String name, String help, double value, String... labels) {
            all.add(new Told(own(name), value, NONE, List.of(labels)));
        }

        @Override
        public void gauge(String name, String help, double value, String... labels) {
            all.add(new Told(own(name), value, NONE, List.of(labels)));
        }

        @Override
        public void histogram(String name, String help, Histogram buckets, String... labels) {
            all.add(new Told(own(name), 0, buckets, List.of(labels)));
        }

        private static String own(String name) {
            return name.startsWith(OURS) ? name.substring(OURS.length()) : name;
        }

        List<Told> named(String name) {
            return all.stream().filter(told -> told.name.equals(name)).toList();
        }

        boolean has(String name) {
            return all.stream().anyMatch(told -> told.name.equals(name));
        }

        double sum(String name) {
            return sum(name, _ -> true);
        }

        double sum(String name, Predicate<Told> which) {
            return named(name).stream().filter(which).mapToDouble(Told::value).sum();
        }
    }

    @Override
    public void describe(MetricSink sink) {
        var kept = new Kept();
        ours.describe(kept);
        double followed =
                kept.sum("kv_event_endpoints", told -> !told.label("way").equals("none"));
        plugins(sink, kept, producer(followed > 0 ? "precise" : "approximate"));
        if (kept.has("kv_event_batches")) {
            events(sink, kept, followed);
        }
        String source = "metrics-data-source";
        sink.counter(
                "llm_d_epp_datalayer_poll_errors",
                "Pages of engines that could not be read.",
                kept.sum("scrape_failures"),
                "source_type",
                source);
        sink.counter(
                "llm_d_epp_datalayer_extract_errors",
                "Lines of pages that were no metric.",
                kept.sum("scrape_malformed_lines"),
                "source_type",
                source,
                "extractor_type",
                "core-metrics-extractor");
        if (kept.has("ext_proc_streams")) {
            sink.gauge("llm_d_epp_extproc_streams_inflight", "Streams open.", kept.sum("ext_proc_streams"));
        }
    }

    /** @param producer who looks up prefixes, by their name of it */
    private static void plugins(MetricSink sink, Kept kept, String producer) {
        for (String prefix : BOTH) {
            kept.named("plugin_seconds")
                    .forEach(times -> plugin(
                            sink,
                            prefix,
                            times,
                            times.label("point"),
                            times.label("type"),
                            times.label("plugin"),
                            times.label("profile")));
            kept.named("prefix_lookup_seconds")
                    .forEach(times -> plugin(sink, prefix, times, "DataProducer", producer, producer, ""));
            kept.named("token_seconds")
                    .forEach(times ->
                            plugin(sink, prefix, times, "DataProducer", "token-producer", "token-producer", ""));
            kept.named("prefix_blocks")
                    .forEach(blocks -> sink.gauge(
                            prefix + "prefix_indexer_size",
                            "Blocks in the prefix index.",
                            blocks.value,
                            TYPE,
                            producer(blocks.label("view")),
                            NAME,
                            producer(blocks.label("view"))));
        }
        kept.named("prefix_lookup_seconds")
                .forEach(times -> sink.histogram(
                        INDEX + "lookup_latency_seconds", "Time of looking up prompts, of some.", times.buckets));
        sink.counter(INDEX + "lookup_requests", "Prompts looked up.", kept.sum("prefix_answers"));
    }

    private static void plugin(
            MetricSink sink, String prefix, Told times, String point, String type, String name, String profile) {
        sink.histogram(
                prefix + PLUGIN,
                "Time that plug-ins take, of some decisions.",
                times.buckets,
                "extension_point",
                point,
                TYPE,
                type,
                NAME,
                name,
                "profile",
                profile);
    }

    /** What keeps that view, by their name of it. */
    static String producer(String view) {
        return (view.equals("precise") ? "precise" : "approx") + "-prefix-cache-producer";
    }

    /** @param followed endpoints whose events are */
    private static void events(MetricSink sink, Kept kept, double followed) {
        String stored = "kv_event_blocks_stored";
        String incidents = "kv_event_incidents";
        double removed = kept.sum("kv_event_blocks_removed");
        Predicate<Told> known = told -> told.label("result").equals("stored");
        sink.counter(INDEX + "admissions", "Blocks that engines stored.", kept.sum(stored, known));
        sink.counter(INDEX + "evictions", "Blocks that engines removed.", removed);
        sink.counter(EVENTS + "dedup_removed_hashes_forwarded", "Blocks that engines removed.", removed);
        sink.counter(EVENTS + "dedup_removed_hashes_suppressed", "None: each is removed where it was.", 0);
        sink.gauge(EVENTS + "active_subscribers", "Endpoints whose events are followed.", followed);
        sink.counter(
                EVENTS + "messages_received",
                "Batches of events, of all endpoints.",
                kept.sum("kv_event_batches"),
                POD,
                "");
        double broken = kept.sum(incidents, told -> told.label("incident").equals("disconnected"));
        sink.counter(EVENTS + "subscriber_reconnections", "Connections that broke.", broken, POD, "");
        String help = "What went wrong with connections.";
        sink.counter(EVENTS + "zmq_errors", help, broken, POD, "", "operation", "recv");
        sink.counter(
                EVENTS + "zmq_errors",
                help,
                kept.sum(incidents, told -> told.label("incident").equals("replay-failed")),
                POD,
                "",
                "operation",
                "replay");
        sink.gauge(EVENTS + "pool_queue_depth", "None: events are applied as they come.", 0);
        sink.gauge(EVENTS + "pool_capacity", "The thread that applies events.", 1);
        kept.named(stored).stream()
                .filter(known.negate())
                .forEach(told -> sink.counter(
                        EVENTS + "stores_skipped",
                        "Blocks that could not be followed.",
                        told.value,
                        "cache_kind",
                        "",
                        "reason",
                        told.label("result")));
        sink.counter(
                EVENTS + "removals_skipped",
                "Events about layers of which nothing is known.",
                kept.sum("kv_event_unknown_groups"),
                "cache_kind",
                "unknown",
                "reason",
                "unknown-group");
    }
}
