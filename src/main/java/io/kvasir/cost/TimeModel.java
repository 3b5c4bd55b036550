package io.kvasir.cost;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;
import io.kvasir.pool.EngineStats;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Predicts what a request costs on an endpoint, in seconds of that endpoint. Parameters come from the hardware and model
 * catalogues. Safe for any thread; the only shared state is a cache of rates.
 */
public final class TimeModel {
    private static final int CACHED_ENDPOINTS = 4096;
    private static final int CACHED_MODELS = 256;

    /** What one 400 Gb/s NIC with GPUDirect moves, in bytes/s, and what a transfer takes beside it; no fabric tells of itself. */
    private static final double TRANSFER_RATE = 40e9;

    private static final double TRANSFER_OVERHEAD_SECONDS = 0.002;

    /** Tokens taken for a queued prompt of which nothing is known but that it waits. */
    private static final int UNSEEN_PROMPT = 2048;

    private record Known(Endpoint endpoint, String model, EndpointRates rates) {}

    private final ModelCatalogue models;
    private final double timeScale;
    private final ConcurrentHashMap<String, ModelShape> shapes = new ConcurrentHashMap<>();
    private final AtomicReferenceArray<Known> known = new AtomicReferenceArray<>(CACHED_ENDPOINTS);

    public TimeModel(ModelCatalogue models) {
        this(models, 1);
    }

    /** @param timeScale how many times faster than real ones the engines run, for simulated ones; above 0 */
    public TimeModel(ModelCatalogue models, double timeScale) {
        this.models = models;
        this.timeScale = timeScale;
    }

    /** The rates of an endpoint with the model that a request names. */
    public EndpointRates rates(Endpoint endpoint, String model) {
        int slot = endpoint.ordinal();
        Known entry = slot < CACHED_ENDPOINTS ? known.get(slot) : null;
        if (entry != null && entry.endpoint == endpoint && entry.model.equals(model)) {
            return entry.rates;
        }
        double gpus = (double) endpoint.spec().count() / endpoint.spec().sharing();
        var rates = EndpointRates.of(endpoint.hardware(), shape(model), gpus).faster(timeScale * endpoint.speed());
        if (slot < CACHED_ENDPOINTS) {
            known.set(slot, new Known(endpoint, model, rates));
        }
        return rates;
    }

    private ModelShape shape(String model) {
        var shape = shapes.get(model);
        if (shape == null) {
            shape = models.shapeOf(model);
            if (shapes.size() >= CACHED_MODELS) {
                // names are the clients': the ones in use come back at once
                shapes.clear();
            }
            shapes.put(model, shape);
        }
        return shape;
    }

    /**
     * Seconds until the engine starts on a new prompt: our own prefills placed there and not finished, less what the
     * first of them has had already, and the prompts that its metrics showed waiting beyond ours when they came.
     */
    public double waitSeconds(Endpoint endpoint, EndpointRates rates, long nowNanos, long freshNanos) {
        EndpointLoad load = endpoint.load();
        long prefills = Math.max(0, load.prefills());
        double own = 0;
        if (prefills > 0) {
            double pending = load.prefillNanos();
            double head = Math.min(Math.max(0, nowNanos - load.prefillingSinceNanos()), pending / prefills);
            own = Math.max(0, pending - head) * 1e-9;
        }
        EngineStats stats = endpoint.stats();
        int others = endpoint.othersWaiting();
        if (others > 0 && stats.ageNanos(nowNanos) <= freshNanos) {
            double each =
                    prefills > 0 ? load.prefillNanos() * 1e-9 / prefills : rates.prefillSeconds(UNSEEN_PROMPT, 0, 0);
            own += others * each;
        }
        return own;
    }

    /** Seconds in which the KV of that many tokens goes from one endpoint to another. */
    public double transferSeconds(String model, double tokens) {
        return (TRANSFER_OVERHEAD_SECONDS + tokens * shape(model).kvBytesPerToken() / TRANSFER_RATE) / timeScale;
    }

    /**
     * Seconds until KV blocks for a request are free: 0 while its tokens fit beside those in flight, else the time in
     * which ending sequences give back what is missing.
     */
    public double kvWaitSeconds(Endpoint endpoint, EndpointRates rates, double tokens, double meanOutput) {
        long capacity = endpoint.kvTokens();
        if (capacity <= 0) {
            return 0;
        }
        EndpointLoad load = endpoint.load();
        double held = load.promptTokens() + load.outputTokens();
        double missing = held + tokens - capacity;
        long requests = load.requests();
        if (missing <= 0 || requests <= 0) {
            return 0;
        }
        double perRequest = Math.max(1, held / requests);
        double life = Math.max(1, meanOutput) * rates.interTokenSeconds(requests, Math.min(held, capacity));
        return missing / perRequest * life / requests;
    }
}
