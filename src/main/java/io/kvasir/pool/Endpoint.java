package io.kvasir.pool;

import io.kvasir.metric.MetricSink;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A replica under one description, as a snapshot pairs them: what is said of it (spec, hardware, speed) does not change, and
 * what lasts is its {@link Replica}'s. Who holds one for long, as a request in flight does, goes on with the description
 * that it was decided by, and writes to the same books as everybody else.
 */
public final class Endpoint {
    private static final String ENDPOINT = "endpoint";

    private final Replica replica;
    /** The replica's, one step nearer to who looks at all candidates. */
    private final EndpointLoad load;

    private final EndpointHealth health;
    private final ReplicaPace pace;
    private final int ordinal;
    private final EndpointSpec spec;
    private final HardwareClass hardware;
    private final double speed;

    Endpoint(Replica replica, EndpointSpec spec, HardwareClass hardware, double speed) {
        this.replica = replica;
        load = replica.load();
        health = replica.health();
        pace = replica.pace();
        ordinal = replica.ordinal();
        this.spec = spec;
        this.hardware = hardware;
        this.speed = speed;
    }

    /** Who it is, and what lasts of it. */
    public Replica replica() {
        return replica;
    }

    /** The same replica under another description. */
    Endpoint described(EndpointSpec otherSpec, HardwareClass otherHardware, double otherSpeed) {
        return new Endpoint(replica, otherSpec, otherHardware, otherSpeed);
    }

    /** See {@link Replica#ordinal}. */
    public int ordinal() {
        return ordinal;
    }

    /** See {@link Replica#tenancy}. */
    public long tenancy() {
        return replica.tenancy();
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
        return replica.hostPort();
    }

    public EndpointLoad load() {
        return load;
    }

    public EndpointHealth health() {
        return health;
    }

    /** How it does beside others like it. */
    public ReplicaPace pace() {
        return pace;
    }

    public PickCounts picks() {
        return replica.picks();
    }

    /** The last metrics page, {@link EngineStats#UNKNOWN} before the first. */
    public EngineStats stats() {
        return replica.stats();
    }

    /** For the scraper: publishes a newer page. */
    public void report(EngineStats stats) {
        replica.report(this, stats);
    }

    /** For the scraper: publishes what the last page said of families that configuration names. */
    public void attributes(Map<String, Double> read) {
        replica.attributes(read);
    }

    /** For the scraper: the page was asked for and not had, for that reason. */
    public void unreadable(String reason) {
        replica.unreadable(reason);
    }

    /** Why its metrics page cannot be read now, as a reason code; null where it can be or was not asked for. */
    public @Nullable String pageProblem() {
        return replica.pageProblem();
    }

    /** How its API is spoken to: as the scraper found out, else as it is described. */
    public EngineProtocol protocol() {
        return replica.protocol(spec.protocol());
    }

    /** For the scraper: it answers when it is spoken to so, whatever its description says. */
    public void speaks(EngineProtocol protocol) {
        replica.speaks(spec.protocol(), protocol);
    }

    /** The version that its engine told last; null where it tells none. */
    public @Nullable String engineVersion() {
        return replica.engineVersion();
    }

    /** For the scraper: its engine told that version, one of a bounded number, or that it tells none. */
    public void runs(@Nullable String version) {
        replica.runs(version);
    }

    /** What is known of the models it serves. */
    public ModelKnowledge knowledge() {
        return replica.knowledge();
    }

    /** What its {@code /v1/models} said last; empty before the first answer. */
    public List<ServedModel> models() {
        return replica.knowledge().served().list();
    }

    /** Publishes a complete list of what it serves, as of now. */
    public void serves(List<ServedModel> models) {
        replica.knowledge().read(new ServedModels(models, true, System.nanoTime()));
    }

    /** Its base model by its description, else by its list; null where nobody told. */
    public @Nullable String baseModel() {
        return spec.model() != null
                ? spec.model()
                : replica.knowledge().served().base();
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
        return replica.knowledge().served().maxModelLen(model);
    }

    /** Most tokens that one sequence of that model can have, by length and by KV cache; 0 if nobody told. */
    public int contextTokens(String model) {
        int length = maxModelLen(model);
        long kv = kvTokens();
        return kv > 0 && (length == 0 || kv < length) ? (int) Math.min(Integer.MAX_VALUE, kv) : length;
    }

    /** Tokens its KV cache holds, 0 if nobody told. */
    public long kvTokens() {
        return spec.kvTokens() > 0 ? spec.kvTokens() : Math.max(0, stats().kvTokens());
    }

    /** Whether it is known to serve that model or adapter; true where nothing is known of what it serves. */
    public boolean serves(String model) {
        return names(model)
                || (spec.model() == null && replica.knowledge().served().list().isEmpty());
    }

    /** Whether its description or its engine names that model or adapter. */
    public boolean names(String model) {
        return model.equals(spec.model())
                || spec.adapters().contains(model)
                || replica.knowledge().served().has(model);
    }

    /**
     * What is known of it and a model or adapter. What the engine itself said last counts most; a name that is not told
     * of is refused only where the engine's list is complete and it takes no adapters on demand.
     */
    public Serving serving(String model, long nowNanos) {
        if (model.equals(spec.model())) {
            return Serving.LISTED;
        }
        var knowledge = replica.knowledge();
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
        if (stats().maxAdapters() > 0 || !spec.adapters().isEmpty() || served.hasAdapters()) {
            return true;
        }
        // SGLang also takes "base:adapter"
        int colon = model.lastIndexOf(':');
        return spec.engine() == EngineKind.SGLANG && colon > 0 && served.has(model.substring(0, colon));
    }

    @Override
    public String toString() {
        return spec.name() + "@" + replica.hostPort();
    }

    /** Declares how it fares. */
    void describe(MetricSink sink, long nowNanos) {
        String name = spec().name();
        sink.gauge("kvasir_endpoint_requests_in_flight", "Requests in flight.", load().requests(), ENDPOINT, name);
        sink.gauge(
                "kvasir_endpoint_prompt_tokens_in_flight",
                "Prompt tokens in flight.",
                load().promptTokens(),
                ENDPOINT,
                name);
        sink.gauge(
                "kvasir_endpoint_up",
                "1 where requests may be sent.",
                switch (health().state()) {
                    case DOWN, EJECTED -> 0;
                    case UNKNOWN, UP, TRIAL -> 1;
                },
                ENDPOINT,
                name);
        for (Ejection why : Ejection.values()) {
            sink.counter(
                    "kvasir_endpoint_ejections",
                    "Times an endpoint was taken out, by reason.",
                    health().ejections(why),
                    ENDPOINT,
                    name,
                    "reason",
                    why.code());
        }
        sink.gauge(
                "kvasir_endpoint_weight",
                "Capacity relative to a whole H100.",
                weight(),
                ENDPOINT,
                name,
                "hardware",
                hardware().name());
        if (spec().sharing() > 1) {
            sink.gauge(
                    "kvasir_endpoint_sharing",
                    "Replicas that share each of the endpoint's devices in time; absent where it has them alone.",
                    spec().sharing(),
                    ENDPOINT,
                    name);
        }
        sink.gauge(
                "kvasir_endpoint_pace",
                "How many times as long as others like it the endpoint takes.",
                pace().factor(nowNanos),
                ENDPOINT,
                name);
        if (stats().known()) {
            sink.gauge(
                    "kvasir_endpoint_asleep",
                    "1 where the engine says that it sleeps.",
                    stats().asleep() ? 1 : 0,
                    ENDPOINT,
                    name);
            if (!Double.isNaN(stats().kvUsage())) {
                sink.gauge(
                        "kvasir_endpoint_kv_usage",
                        "Share of the KV cache in use, 0 to 1, as the engine says.",
                        stats().kvUsage(),
                        ENDPOINT,
                        name);
            }
            if (stats().waiting() >= 0) {
                sink.gauge(
                        "kvasir_endpoint_waiting",
                        "Requests that wait in the engine, as it says.",
                        stats().waiting(),
                        ENDPOINT,
                        name);
            }
            sink.gauge(
                    "kvasir_endpoint_metrics_age_seconds",
                    "Age of the last metrics page.",
                    stats().ageNanos(nowNanos) * 1e-9,
                    ENDPOINT,
                    name);
        }
        picks().describe(sink, name, hardware().name());
    }
}
