package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.observe.Findings;
import io.kvasir.observe.ObservedRouter;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Replica;
import io.kvasir.request.RefusalReason;
import io.kvasir.route.Outcome;
import io.kvasir.route.Router;
import io.kvasir.route.RouterEvent;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was seen since somebody watches, and the frames that are made of it. One thread makes frames. */
final class LiveState {
    /** Decisions that are kept for who comes late. */
    private static final int RECENT = 40;

    /** Endpoints that have left with requests in flight, as far as they are told of. */
    private static final int MOST_DRAINING = 50;

    private static final JsonFactory JSON = new JsonFactory();

    private final ObservedRouter observed;
    private final Router router;
    private final LiveTraffic traffic;
    private final Findings findings;
    private final ArrayDeque<DecisionStory> recent = new ArrayDeque<>();
    private final Map<Replica, Seen> replicas = new HashMap<>();
    private final Map<String, ClassWindow> classes = new TreeMap<>();
    private final Flow flow = new Flow();
    private boolean looked;

    /** An endpoint as it was seen last. */
    private static final class Seen {
        private Endpoint endpoint;
        private long picks;
        private long promptTokens;
        private ReplicaTally tally = ReplicaTally.NONE;

        Seen(Endpoint endpoint) {
            this.endpoint = endpoint;
        }
    }

    /** Counters of the whole, as they were seen last, and what came since, a second. */
    private static final class Flow {
        private final Map<String, Long> seen = new HashMap<>();
        private long nanos;
        private double seconds = 1;

        void begin(long now) {
            seconds = nanos == 0 ? 1 : Math.max(0.1, (now - nanos) * 1e-9);
            nanos = now;
        }

        /** What a counter grew by; 0 at the first look. */
        long grown(String name, long now) {
            Long before = seen.put(name, now);
            return before == null ? 0 : Math.max(0, now - before);
        }

        double rate(String name, long now) {
            return grown(name, now) / seconds;
        }
    }

    LiveState(ObservedRouter observed, Router router, LiveTraffic traffic, Findings findings) {
        this.observed = observed;
        this.router = router;
        this.traffic = traffic;
        this.findings = findings;
    }

    /** The newest decisions, the oldest first. */
    synchronized List<DecisionStory> recent() {
        return List.copyOf(recent);
    }

    /** Looks, and tells what there is. */
    synchronized String frame(int viewers) {
        var text = new StringWriter();
        try (var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("t", System.currentTimeMillis());
            json.writeNumberField("pool", router.pool().snapshot().version());
            json.writeNumberField("viewers", viewers);
            look();
            flow(json);
            endpoints(json);
            new ClassesView(router, classes, traffic.slo()).write(json);
            var queue = observed.queue();
            if (queue.isPresent()) {
                json.writeFieldName("queue");
                new QueueView(queue.get().snapshot()).write(json);
            }
            json.writeArrayFieldStart("findings");
            for (var one : findings.look()) {
                json.writeStartObject();
                json.writeStringField("code", one.code());
                json.writeStringField("severity", one.severity());
                Numbers.text(json, "endpoint", one.endpoint());
                json.writeStringField("what", one.what());
                json.writeStringField("advice", one.advice());
                json.writeEndObject();
            }
            json.writeEndArray();
            decisions(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        looked = true;
        return text.toString();
    }

    private void look() {
        flow.begin(router.nanoTime());
        var given = new HashMap<String, long[]>();
        var pool = router.pool().snapshot();
        for (var endpoint : pool.endpoints()) {
            var seen = replicas.get(endpoint.replica());
            long picks = endpoint.picks().all();
            long tokens = endpoint.picks().promptTokens();
            if (seen == null) {
                seen = new Seen(endpoint);
                seen.picks = looked ? 0 : picks;
                seen.promptTokens = looked ? 0 : tokens;
                replicas.put(endpoint.replica(), seen);
            }
            seen.endpoint = endpoint;
            long[] sums = given.computeIfAbsent(endpoint.hardware().name(), _ -> new long[2]);
            sums[0] += picks - seen.picks;
            sums[1] += tokens - seen.promptTokens;
            seen.picks = picks;
            seen.promptTokens = tokens;
            seen.tally = seen.tally.then(traffic.take(endpoint.replica()));
        }
        classes.keySet().retainAll(given.keySet());
        given.forEach((name, sums) ->
                classes.computeIfAbsent(name, _ -> new ClassWindow()).given(sums[0], sums[1]));
        router.counts().times().forEach((key, times) -> {
            var window = classes.get(key.hardwareClass());
            if (window != null) {
                window.times(key.model(), times.firstToken(), times.betweenTokens(), !looked);
            }
        });
        traffic.keep(replicas.keySet());
    }

    private void flow(JsonGenerator json) throws IOException {
        var counts = router.counts();
        long failed = 0;
        long ended = 0;
        for (var outcome : Outcome.values()) {
            ended += counts.ended(outcome);
            if (outcome != Outcome.COMPLETED && outcome != Outcome.CLIENT_GONE && outcome != Outcome.SHUTDOWN) {
                failed += counts.ended(outcome);
            }
        }
        long refused = 0;
        for (var reason : RefusalReason.values()) {
            refused += counts.rejected(reason);
        }
        json.writeObjectFieldStart("flow");
        Numbers.write(json, "ended", flow.rate("ended", ended));
        Numbers.write(json, "failed", flow.rate("failed", failed));
        json.writeNumberField("refused", flow.grown("refused", refused));
        Numbers.write(json, "promptTokens", flow.rate("prompt", counts.promptTokens()));
        Numbers.write(json, "outputTokens", flow.rate("output", counts.outputTokens()));
        json.writeNumberField("prompt", flow.grown("hitPrompt", counts.promptTokens()));
        json.writeNumberField("expected", flow.grown("hitExpected", counts.predictedCachedTokens()));
        json.writeNumberField("found", flow.grown("hitFound", counts.cachedTokens()));
        json.writeEndObject();
    }

    /**
     * Rows of: ordinal, state, requests in flight, sequences that decode, running, waiting by its page, share of the KV cache
     * in use, age of its page in s, pace, seconds of prefill in flight, tokens believed held, state of KV events, marks,
     * first tokens over predictions, share of prompts expected and found in its cache.
     */
    private void endpoints(JsonGenerator json) throws IOException {
        long now = router.nanoTime();
        var present = new HashSet<Replica>();
        var best = best();
        json.writeArrayFieldStart("endpoints");
        for (var endpoint : router.pool().snapshot().endpoints()) {
            present.add(endpoint.replica());
            var seen = replicas.get(endpoint.replica());
            new EndpointRow(
                            router,
                            endpoint,
                            seen == null ? ReplicaTally.NONE : seen.tally,
                            best.getOrDefault(endpoint.hardware().name(), ReplicaTally.Best.NONE),
                            now)
                    .write(json);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("draining");
        int told = 0;
        for (var seen : List.copyOf(replicas.values())) {
            var endpoint = seen.endpoint;
            long left = endpoint.load().requests();
            if (present.contains(endpoint.replica())) {
                continue;
            }
            if (left <= 0) {
                replicas.remove(endpoint.replica());
            } else if (told++ < MOST_DRAINING) {
                json.writeStartObject();
                json.writeStringField("name", endpoint.spec().name());
                json.writeStringField("class", endpoint.hardware().name());
                json.writeNumberField("inFlight", left);
                json.writeEndObject();
            }
        }
        json.writeEndArray();
    }

    /** By class, the best that its replicas do. */
    private Map<String, ReplicaTally.Best> best() {
        var best = new HashMap<String, ReplicaTally.Best>();
        for (var seen : replicas.values()) {
            best.merge(
                    seen.endpoint.hardware().name(),
                    ReplicaTally.Best.NONE.and(seen.tally),
                    (one, _) -> one.and(seen.tally));
        }
        return best;
    }

    private void decisions(JsonGenerator json) throws IOException {
        long at = System.currentTimeMillis();
        long now = router.nanoTime();
        json.writeArrayFieldStart("decisions");
        for (var decided : traffic.decisions()) {
            long ago = router.clock().realNanos(now - decided.nanos()) / 1_000_000;
            var story = new DecisionStory(decided, at - ago, null);
            recent.addLast(story);
            if (recent.size() > RECENT) {
                recent.removeFirst();
            }
            story.write(json);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("ends");
        var ends = new HashMap<Long, RouterEvent.Ended>();
        for (var end : traffic.ends()) {
            ends.put(end.id(), end);
            DecisionStory.end(json, end);
        }
        json.writeEndArray();
        if (!ends.isEmpty()) {
            var told = new ArrayList<>(recent);
            recent.clear();
            for (var story : told) {
                var end = ends.get(story.decided().id());
                recent.addLast(end == null ? story : new DecisionStory(story.decided(), story.at(), end));
            }
        }
        json.writeArrayFieldStart("refusals");
        for (var refusal : traffic.refusals()) {
            json.writeStartObject();
            json.writeNumberField("at", at);
            Numbers.text(json, "model", refusal.asked().model());
            json.writeStringField("reason", refusal.refusal().reason().code());
            Numbers.text(json, "message", refusal.refusal().message());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
