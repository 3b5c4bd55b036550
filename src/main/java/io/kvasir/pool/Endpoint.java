package io.kvasir.pool;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
    private final ModelKnowledge knowledge;
    private volatile EngineStats stats;
    private volatile int othersWaiting;
    private volatile @Nullable String pageProblem;
    private volatile @Nullable EngineProtocol learned;

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
        knowledge = new ModelKnowledge();
        stats = EngineStats.UNKNOWN;
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
        knowledge = same.knowledge;
        stats = same.stats;
        othersWaiting = same.othersWaiting;
        pageProblem = same.pageProblem;
        learned = spec.protocol() == same.spec.protocol() ? same.learned : null;
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
        othersWaiting = (int) Math.max(0, stats.waiting() - Math.max(0, load.prefills()));
        this.stats = stats;
        pageProblem = null;
    }

    /** Requests of others that waited when the last page came: those beyond what the router's books showed then. */
    public int othersWaiting() {
        return othersWaiting;
    }

    /** For the scraper: the page was asked for and not had, for that reason. */
    public void unreadable(String reason) {
        pageProblem = reason;
    }

    /** Why its metrics page cannot be read now, as a reason code; null where it can be or was not asked for. */
    public @Nullable String pageProblem() {
        return pageProblem;
    }

    /** How its API is spoken to: as the scraper found out, else as it is described. */
    public EngineProtocol protocol() {
        var found = learned;
        return found == null ? spec.protocol() : found;
    }

    /** For the scraper: it answers when it is spoken to so, whatever its description says. */
    public void speaks(EngineProtocol protocol) {
        learned = protocol;
    }

    /** What is known of the models it serves. */
    public ModelKnowledge knowledge() {
        return knowledge;
    }

    /** What its {@code /v1/models} said last; empty before the first answer. */
    public List<ServedModel> models() {
        return knowledge.served().list();
    }

    /** Publishes a complete list of what it serves, as of now. */
    public void serves(List<ServedModel> models) {
        knowledge.read(new ServedModels(models, true, System.nanoTime()));
    }

    /** Its base model by its description, else by its list; null where nobody told. */
    public @Nullable String baseModel() {
        return spec.model() != null ? spec.model() : knowledge.served().base();
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
        return knowledge.served().maxModelLen(model);
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
        return names(model)
                || (spec.model() == null && knowledge.served().list().isEmpty());
    }

    /** Whether its description or its engine names that model or adapter. */
    public boolean names(String model) {
        return model.equals(spec.model())
                || spec.adapters().contains(model)
                || knowledge.served().has(model);
    }

    /**
     * What is known of it and a model or adapter. What the engine itself said last counts most; a name that is not told
     * of is refused only where the engine's list is complete and it takes no adapters on demand.
     */
    public Serving serving(String model, long nowNanos) {
        if (model.equals(spec.model())) {
            return Serving.LISTED;
        }
        var served = knowledge.served();
        if (served.has(model)) {
            return knowledge.deniedSinceRead(model, nowNanos) ? Serving.NO : Serving.LISTED;
        }
        if (knowledge.denied(model, nowNanos)) {
            return Serving.NO;
        }
        if (spec.adapters().contains(model)) {
            return Serving.LISTED;
        }
        if (spec.model() == null && served.list().isEmpty()) {
            return Serving.UNTOLD;
        }
        boolean complete = served.known() && served.complete() && knowledge.problem() == null;
        return complete && !takesAdapters(model, served) ? Serving.NO : Serving.MAYBE;
    }

    /** Whether a name that it does not list may be an adapter that it finds when it is asked for. */
    private boolean takesAdapters(String model, ServedModels served) {
        if (stats.maxAdapters() > 0 || !spec.adapters().isEmpty() || served.hasAdapters()) {
            return true;
        }
        // SGLang also takes "base:adapter"
        int colon = model.lastIndexOf(':');
        return spec.engine() == EngineKind.SGLANG && colon > 0 && served.has(model.substring(0, colon));
    }

    @Override
    public String toString() {
        return spec.name() + "@" + hostPort;
    }
}
