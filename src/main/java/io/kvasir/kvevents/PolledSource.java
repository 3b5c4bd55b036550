package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.kvevents.wire.PolledEvent;
import io.kvasir.kvevents.wire.PolledEvents;
import io.kvasir.pool.ApiKey;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of an engine that keeps them until they are read, as TensorRT-LLM does at {@code /kv_cache_events}: again
 * and again, one reading at a time. Who else reads there takes events away, which shows in gaps that come again and again
 * though all readings are answered. By one thread, but for the waiting.
 */
final class PolledSource {
    /** Bytes of an answer at most. */
    static final int MOST_BYTES = 32 << 20;

    /** Gaps between answered readings after which somebody else must be reading too. */
    static final int MOST_GAPS = 3;

    /** Readings with events and without a gap that end the suspicion. */
    static final int CLEAN_READINGS = 32;

    private static final int MOST_RANKS = 1_024;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long LONGEST_PAUSE_NANOS = 5_000_000_000L;
    /** How long a page that is not there is let alone, in ns. */
    private static final long LACKING_NANOS = 30_000_000_000L;

    private final HttpClient http;
    private final URI page;
    private final @Nullable ApiKey key;
    private final long intervalNanos;
    private final IntFunction<PolledRank> maker;
    private final EventCounts counts;
    private final Map<Integer, PolledRank> ranks = new LinkedHashMap<>();
    private String method = "POST";
    private boolean asking;
    private long due;
    private boolean reached;
    private boolean offered = true;
    /** Whether events may have been read that never came here, and none that followed has shown yet that there were none. */
    private boolean unproven;

    private int failures;
    private int gaps;
    private int clean;
    private boolean shared;

    /** @param maker of what takes the events of a rank */
    PolledSource(
            HttpClient http,
            URI page,
            @Nullable ApiKey key,
            long intervalNanos,
            IntFunction<PolledRank> maker,
            EventCounts counts,
            long now) {
        this.http = http;
        this.page = page;
        this.key = key;
        this.intervalNanos = intervalNanos;
        this.maker = maker;
        this.counts = counts;
        due = now;
    }

    /** Whether it is time to read. */
    boolean isDue(long now) {
        return !asking && now - due >= 0;
    }

    /** Reads; whoever calls hands over what comes of it, to {@link #answered} or {@link #failed}, by its own thread. */
    CompletableFuture<HttpResponse<byte[]>> ask(long now) {
        asking = true;
        due = now + intervalNanos;
        CompletableFuture<HttpResponse<byte[]>> sent;
        try {
            var request = HttpRequest.newBuilder(page).timeout(TIMEOUT);
            if (method.equals("POST")) {
                request.header("content-type", "application/json").POST(BodyPublishers.ofString("{}"));
            }
            if (key != null) {
                request.header("authorization", key.authorization());
            }
            sent = http.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        // the request's own time-out ends with the answer's headers
        return sent.copy().orTimeout(TIMEOUT.toNanos(), TimeUnit.NANOSECONDS).whenComplete((_, failure) -> {
            if (failure != null) {
                sent.cancel(true);
            }
        });
    }

    /** It did not answer, or not in time: what it may have given away then is lost. */
    void failed(@Nullable Throwable failure, long now) {
        asking = false;
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        disconnected(now);
        unproven |= reached && !(cause instanceof ConnectException);
    }

    private void disconnected(long now) {
        if (failures == 0) {
            counts.incident(Incident.DISCONNECTED);
        }
        failures++;
        due = now + Math.min(LONGEST_PAUSE_NANOS, intervalNanos << Math.min(failures, 16));
    }

    /** It answered. */
    void answered(int status, byte[] body, long now) {
        asking = false;
        switch (status) {
            case 200 -> read(body);
            case 404, 405, 501 -> lacking(now);
            default -> disconnected(now);
        }
    }

    /** Some have it for the one method, some for the other. */
    private void lacking(long now) {
        boolean both = method.equals("GET");
        method = both ? "POST" : "GET";
        if (both) {
            offered = false;
            due = now + LACKING_NANOS;
        } else {
            due = now;
        }
    }

    private void read(byte[] body) {
        boolean inTime = reached && failures == 0;
        failures = 0;
        offered = true;
        reached = true;
        var read = PolledEvents.read(body);
        if (read == null) {
            counts.batch(Batch.MALFORMED);
            ranks.values().forEach(PolledRank::lost);
            unproven = true;
            return;
        }
        counts.unknown(0, read.unknownFields());
        if (read.events().isEmpty()) {
            return;
        }
        counts.batch(Batch.APPLIED);
        unproven = false;
        boolean missing = false;
        for (var entry : byRank(read.events()).entrySet()) {
            var rank = ranks.get(entry.getKey());
            if (rank == null && ranks.size() < MOST_RANKS) {
                rank = maker.apply(entry.getKey());
                ranks.put(entry.getKey(), rank);
            }
            missing |= rank != null && rank.told(entry.getValue());
        }
        suspect(missing, inTime);
    }

    private static Map<Integer, List<PolledEvent>> byRank(List<PolledEvent> events) {
        var all = new LinkedHashMap<Integer, List<PolledEvent>>();
        for (PolledEvent event : events) {
            all.computeIfAbsent(event.rank(), _ -> new ArrayList<>()).add(event);
        }
        return all;
    }

    private void suspect(boolean missing, boolean inTime) {
        if (missing && inTime) {
            clean = 0;
            gaps++;
            shared |= gaps >= MOST_GAPS;
        } else if (!missing && ++clean >= CLEAN_READINGS) {
            gaps = 0;
            shared = false;
        }
    }

    /** Whether somebody else reads there, by all that shows. */
    boolean isShared() {
        return shared;
    }

    /** Its ranks as far as they have told anything. */
    Iterable<PolledRank> ranks() {
        return ranks.values();
    }

    /** How much its events are worth now. */
    EventState state() {
        if (!offered) {
            return EventState.NOT_OFFERED;
        }
        if (failures > 0) {
            return reached ? EventState.DISCONNECTED : EventState.UNHEARD;
        }
        if (ranks.isEmpty()) {
            return EventState.UNHEARD;
        }
        if (shared) {
            return EventState.SHARED;
        }
        var worst = unproven ? EventState.WAITING : EventState.COMPLETE;
        for (PolledRank rank : ranks.values()) {
            worst = rank.state().coverage() < worst.coverage() ? rank.state() : worst;
        }
        return worst;
    }

    void close() {
        ranks.values().forEach(rank -> rank.cache().close());
    }
}
