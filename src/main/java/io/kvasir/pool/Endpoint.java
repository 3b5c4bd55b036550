package io.kvasir.pool;

import java.util.List;

/**
 * One replica: who it is, and the live parts that outlast a snapshot. The ordinal is its place in arrays of the hot
 * path; it belongs to this endpoint until the pool says that it is gone.
 */
public final class Endpoint {
    private final int ordinal;
    private final long tenancy;
    private final EndpointSpec spec;
    private final HardwareClass hardware;
    private final double speed;
    private final String hostPort;
    private final EndpointLoad load;
    private final EndpointHealth health;
    private final PickCounts picks;
    private volatile EngineStats stats;
    private volatile List<ServedModel> models;

    /** @param tenancy see {@link Tenancy} */
    Endpoint(long tenancy, EndpointSpec spec, HardwareClass hardware, double speed) {
        this.tenancy = tenancy;
        ordinal = Tenancy.ordinal(tenancy);
        this.spec = spec;
        this.hardware = hardware;
        this.speed = speed;
        hostPort = spec.hostPort();
        load = new EndpointLoad();
        health = new EndpointHealth();
        picks = new PickCounts();
        stats = EngineStats.UNKNOWN;
        models = List.of();
    }

    /** The same replica under a changed description: it keeps its books, health and reports. */
    Endpoint(Endpoint same, EndpointSpec spec, HardwareClass hardware, double speed) {
        ordinal = same.ordinal;
        tenancy = same.tenancy;
        this.spec = spec;
        this.hardware = hardware;
        this.speed = speed;
        hostPort = spec.hostPort();
        load = same.load;
        health = same.health;
        picks = same.picks;
        stats = same.stats;
        models = same.models;
    }

    public int ordinal() {
        return ordinal;
    }

    /** Its ordinal with who has it: what remains this endpoint's when the ordinal is another's. See {@link Tenancy}. */
    public long tenancy() {
        return tenancy;
    }

    public EndpointSpec spec() {
        return spec;
    }

    /** What it runs on, or counts as running on where that is not known. */
    public HardwareClass hardware() {
        return hardware;
    }

    /** How many times as fast as its hardware it is, by the weight of its description; 1 without one. Above 0. */
    public double speed() {
        return speed;
    }

    /** {@code ip:port}, IPv6 addresses in brackets. */
    public String hostPort() {
        return hostPort;
    }

    public EndpointLoad load() {
        return load;
    }

    public EndpointHealth health() {
        return health;
    }

    public PickCounts picks() {
        return picks;
    }

    /** The last metrics page, {@link EngineStats#UNKNOWN} before the first. */
    public EngineStats stats() {
        return stats;
    }

    /** For the scraper: publishes a newer page. */
    public void report(EngineStats stats) {
        this.stats = stats;
    }

    /** What its {@code /v1/models} said last; empty before the first answer. */
    public List<ServedModel> models() {
        return models;
    }

    /** For the scraper: publishes what it serves. */
    public void serves(List<ServedModel> models) {
        this.models = List.copyOf(models);
    }

    /**
     * Capacity relative to other endpoints: the description's weight where it has one, else the hardware's prefill
     * rate by its catalogue entry and number of GPUs. Always above 0.
     */
    public double weight() {
        return spec.weight() > 0 ? spec.weight() : hardware.relativeCapacity() * spec.count() / spec.sharing();
    }

    /** Longest prompt plus output in tokens of any model it serves, 0 if nobody told. */
    public int maxModelLen() {
        return maxModelLen("");
    }

    /** Longest prompt plus output in tokens of that model, or of any where that is not told; 0 if nothing is. */
    public int maxModelLen(String model) {
        if (spec.maxModelLen() > 0) {
            return spec.maxModelLen();
        }
        var served = models;
        int most = 0;
        for (int i = 0; i < served.size(); i++) {
            int length = served.get(i).maxModelLen();
            if (length > 0 && served.get(i).id().equals(model)) {
                return length;
            }
            most = Math.max(most, length);
        }
        return most;
    }

    /** Most tokens that one sequence of that model can have, by length and by KV cache; 0 if nobody told. */
    public int contextTokens(String model) {
        int length = maxModelLen(model);
        long kv = kvTokens();
        return kv > 0 && (length == 0 || kv < length) ? (int) Math.min(Integer.MAX_VALUE, kv) : length;
    }

    /** Tokens its KV cache holds, 0 if nobody told. */
    public long kvTokens() {
        return spec.kvTokens() > 0 ? spec.kvTokens() : Math.max(0, stats.kvTokens());
    }

    /** Whether it is known to serve that model or adapter; true where nothing is known of what it serves. */
    public boolean serves(String model) {
        return names(model) || (spec.model() == null && models.isEmpty());
    }

    /** Whether its description or its engine names that model or adapter. */
    public boolean names(String model) {
        if (model.equals(spec.model()) || spec.adapters().contains(model)) {
            return true;
        }
        var served = models;
        for (int i = 0; i < served.size(); i++) {
            if (served.get(i).id().equals(model)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return spec.name() + "@" + hostPort;
    }
}
