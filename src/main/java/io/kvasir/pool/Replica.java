package io.kvasir.pool;

import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What lasts of one replica for as long as it is in the pool, whatever is said of it meanwhile: who it is, the books of
 * what runs there, its health and what was observed of it. An {@link Endpoint} is a replica under one description; all that
 * is written through any of them lands here. Safe for any thread.
 */
public final class Replica {
    /** How it answered, against how it was said to speak when that was found out. */
    private record Spoken(EngineProtocol described, EngineProtocol found) {}

    private final long tenancy;
    private final int ordinal;
    private final String hostPort;
    private final Consumer<Endpoint> pageListener;
    private final EndpointLoad load = new EndpointLoad();
    private final EndpointHealth health = new EndpointHealth();
    private final PickCounts picks = new PickCounts();
    private final ModelKnowledge knowledge = new ModelKnowledge();
    private final ReplicaPace pace = new ReplicaPace();
    private volatile EngineStats stats = EngineStats.UNKNOWN;
    private volatile Map<String, Double> attributes = Map.of();
    private volatile @Nullable String pageProblem;
    private volatile @Nullable Spoken spoken;
    private volatile @Nullable String engineVersion;
    private volatile KvEventReport kvEvents = KvEventReport.NONE;
    private volatile ToldEvents toldEvents = ToldEvents.NONE;

    /**
     * @param tenancy see {@link Tenancy}
     * @param pageListener told, by the description that it came for, that a newer page is there
     */
    Replica(long tenancy, String hostPort, Consumer<Endpoint> pageListener) {
        this.pageListener = pageListener;
        this.tenancy = tenancy;
        ordinal = Tenancy.ordinal(tenancy);
        this.hostPort = hostPort;
    }

    /** Its place in arrays of the hot path, its own until the pool says that it is gone. */
    public int ordinal() {
        return ordinal;
    }

    /** Its ordinal with who has it: what remains this replica's when the ordinal is another's. See {@link Tenancy}. */
    public long tenancy() {
        return tenancy;
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

    /** How it does beside others like it. */
    public ReplicaPace pace() {
        return pace;
    }

    /** What is known of the models it serves. */
    public ModelKnowledge knowledge() {
        return knowledge;
    }

    /** How its KV events come. */
    public KvEventReport kvEvents() {
        return kvEvents;
    }

    /** How its KV events come from now on. */
    public void kvEvents(KvEventReport report) {
        kvEvents = report;
    }

    /** Where its engine said last that it publishes KV events; the same object as long as it says the same. */
    public ToldEvents toldEvents() {
        return toldEvents;
    }

    /** For the scraper: where its engine says that it publishes KV events. */
    public void toldEvents(ToldEvents told) {
        if (!told.equals(toldEvents)) {
            toldEvents = told;
        }
    }

    /** The last metrics page, {@link EngineStats#UNKNOWN} before the first. */
    EngineStats stats() {
        return stats;
    }

    /** What its last metrics page said of a family that configuration gives that name to; NaN where it did not. */
    public double attribute(String key) {
        return attributes.getOrDefault(key, Double.NaN);
    }

    void attributes(Map<String, Double> read) {
        attributes = Map.copyOf(read);
    }

    /** Why its metrics page cannot be read now, as a reason code; null where it can be or was not asked for. */
    @Nullable
    String pageProblem() {
        return pageProblem;
    }

    /** A newer page came; one writer at a time, like {@link #unreadable}. */
    void report(Endpoint described, EngineStats newer) {
        stats = newer;
        load.others(newer, described.kvTokens());
        pageProblem = null;
        pageListener.accept(described);
    }

    /** The page was asked for and not had, for that reason. */
    void unreadable(String reason) {
        load.othersUnknown();
        pageProblem = reason;
    }

    /** The version that its engine told last; null where it tells none. */
    @Nullable
    String engineVersion() {
        return engineVersion;
    }

    /** Its engine told that version, or that it tells none. */
    void runs(@Nullable String version) {
        engineVersion = version;
    }

    /** How its API is spoken to where it is described so. */
    EngineProtocol protocol(EngineProtocol described) {
        var now = spoken;
        return now == null || now.described != described ? described : now.found;
    }

    /** It answers when it is spoken to so, though it is described so. */
    void speaks(EngineProtocol described, EngineProtocol found) {
        spoken = new Spoken(described, found);
    }

    @Override
    public String toString() {
        return hostPort + "#" + tenancy;
    }
}
