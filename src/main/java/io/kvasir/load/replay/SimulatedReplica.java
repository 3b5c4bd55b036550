package io.kvasir.load.replay;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.HardwareProfile;
import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.Outlook;
import io.kvasir.sim.engine.PieceBuilder;
import io.kvasir.sim.engine.Prompt;
import io.kvasir.sim.engine.StepCost;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One replica of a run: its engine, who is there, and when it is to be looked at. */
final class SimulatedReplica {
    private static final int PORT = 8000;
    private static final int HOSTS = 250;

    private final ReplayReplica described;
    private final HardwareProfile device;
    private final EngineLimits limits;
    private final Engine engine;
    private final Outlook outlook;
    private final PieceBuilder pieces;
    private final int place;
    /** Who is there. */
    final ArrayList<Flight> flights = new ArrayList<>();
    /** Whose first or last token came in the steps just made. */
    final ArrayList<Flight> begun = new ArrayList<>();

    final ArrayList<Flight> ended = new ArrayList<>();
    int requests;
    /** When the engine is looked at next. */
    long dueAt = Engine.NEVER;
    /** When its page is read next. */
    long pageAt = Engine.NEVER;

    boolean working;

    /** @param hidden as it really is */
    SimulatedReplica(
            int place, ReplayReplica described, ReplayPool pool, HardwareProfile device, HardwareProfile hidden) {
        this.place = place;
        this.described = described;
        this.device = device;
        limits = limits(described, pool, device);
        engine = new Engine(limits, new StepCost(hidden.shared(described.sharing()), pool.model()), false);
        outlook = engine.outlook();
        pieces = new PieceBuilder(limits.blockSize());
    }

    /**
     * All replicas of a run's pool.
     *
     * @throws IllegalArgumentException if one is of a device that nobody described
     */
    static List<SimulatedReplica> all(ReplayRun run) {
        var devices = HardwareProfiles.load().devices();
        var replicas = new ArrayList<SimulatedReplica>();
        for (var replica : run.pool().replicas()) {
            var device = devices.get(replica.device());
            if (device == null) {
                throw new IllegalArgumentException("device: bad value \"" + replica.device() + "\"; allowed: "
                        + String.join(", ", devices.keySet()));
            }
            var hidden = run.settings().perturbed() ? device.perturbed(run.seed()) : device;
            replicas.add(new SimulatedReplica(replicas.size(), replica, run.pool(), device, hidden));
        }
        return replicas;
    }

    private static EngineLimits limits(ReplayReplica replica, ReplayPool pool, HardwareProfile device) {
        int size = replica.blockSize() > 0 ? replica.blockSize() : device.blockSize();
        long tokens = replica.kvTokens() > 0
                ? replica.kvTokens()
                : device.shared(replica.sharing()).kvTokens(pool.model());
        int blocks = (int) Math.min(Integer.MAX_VALUE, tokens / size);
        int longest = Math.min(
                pool.model().maxModelLength(),
                replica.maxModelLength() > 0 ? replica.maxModelLength() : device.maxModelLength());
        long room = (long) blocks * size;
        if (room < 2) {
            throw new IllegalArgumentException("replica " + replica.name() + ": " + pool.modelName()
                    + " leaves no room for a KV cache on " + replica.device());
        }
        return new EngineLimits(
                size,
                blocks,
                replica.batchedTokens() > 0 ? replica.batchedTokens() : device.maxBatchedTokens(),
                replica.maxSequences() > 0 ? replica.maxSequences() : device.maxSequences(),
                (int) Math.min(longest, room));
    }

    /** As the router is told of it. */
    EndpointSpec spec(String model) {
        var spec = EndpointSpec.builder(described.name(), "10.0." + place / HOSTS + "." + (1 + place % HOSTS), PORT)
                .sharing(described.sharing())
                .model(model)
                .maxModelLen(limits.maxModelLength())
                .kvTokens((long) limits.blocks() * limits.blockSize());
        if (described.labelled()) {
            spec.vendor(device.vendor()).product(device.product()).partition(none(device.partition()));
        }
        return spec.build();
    }

    private static @Nullable String none(String text) {
        return text.isEmpty() ? null : text;
    }

    /** Its place in the pool, which is its endpoint's ordinal. */
    int place() {
        return place;
    }

    Engine engine() {
        return engine;
    }

    EngineLimits limits() {
        return limits;
    }

    /** What a prompt would see that came now. */
    Outlook outlook() {
        return outlook;
    }

    /** A prompt in the engine's blocks. */
    Prompt prompt(PromptShape shape) {
        pieces.clear();
        for (int i = 0; i < shape.pieces(); i++) {
            pieces.piece(shape.id(i), shape.tokens(i));
        }
        return pieces.build();
    }

    /** Its metrics page as it is now. */
    EngineStats page(long now) {
        var counts = engine.stats();
        return EngineStats.at(now)
                .running(engine.running())
                .waiting(engine.waiting())
                .kvUsage(engine.kvUsage())
                .blocks(limits.blockSize(), limits.blocks())
                .adapters(0, List.of(), List.of())
                .prefixes(counts.prefixQueries(), counts.prefixHits())
                .preemptions(counts.preemptions())
                .build();
    }

    ReplicaResult result() {
        var counts = engine.stats();
        return new ReplicaResult(
                described.name(),
                described.device(),
                requests,
                counts.busyNanos() * 1e-9,
                counts.prompt(),
                counts.promptCached(),
                counts.output(),
                counts.steps(),
                counts.preemptions(),
                engine.evictions());
    }
}
