package io.kvasir.load.replay;

import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.ModelProfile;
import java.util.ArrayList;
import java.util.List;

/**
 * The replicas that requests are routed to.
 *
 * @param name in reports
 * @param replicas in the order in which results name them
 * @param model what they run
 * @param modelName what it is called, which is all that the router knows of it
 * @param distortion how wrong the router's catalogue is: each class's compute and bandwidth are believed faster or
 *     slower than they are by this factor, by the seed; 1 for what it ships with
 * @param slowdowns replicas that are slow for a time
 */
public record ReplayPool(
        String name,
        List<ReplayReplica> replicas,
        ModelProfile model,
        String modelName,
        double distortion,
        List<Slowdown> slowdowns) {

    public ReplayPool {
        replicas = List.copyOf(replicas);
        slowdowns = List.copyOf(slowdowns);
        if (replicas.isEmpty()) {
            throw new IllegalArgumentException("the pool " + name + " has no replicas");
        }
        if (!(distortion >= 1)) {
            throw new IllegalArgumentException("distortion: bad value \"" + distortion + "\"; allowed: 1 and more");
        }
    }

    /**
     * A pool of whole devices that run the profiles' model.
     *
     * @param spec devices and counts, for example {@code h200=4,mi350x=4,mig-1g=2,cpu=2}
     * @throws IllegalArgumentException naming what is wrong with it
     */
    public static ReplayPool of(String name, String spec) {
        var profiles = HardwareProfiles.load();
        var replicas = new ArrayList<ReplayReplica>();
        for (var part : spec.split(",", -1)) {
            var sides = part.strip().split("=", -1);
            if (sides.length != 2 || !profiles.devices().containsKey(sides[0]) || !sides[1].matches("\\d{1,5}")) {
                throw new IllegalArgumentException(
                        "pool: bad value \"" + part + "\"; allowed: DEVICE=COUNT with one of "
                                + String.join(", ", profiles.devices().keySet()));
            }
            for (int i = 0; i < Integer.parseInt(sides[1]); i++) {
                replicas.add(ReplayReplica.of(sides[0] + "-" + i, sides[0]));
            }
        }
        var model = profiles.model();
        return new ReplayPool(name, replicas, model, model.name(), 1, List.of());
    }

    /** The same with its model called otherwise. */
    public ReplayPool named(String otherModelName) {
        return new ReplayPool(name, replicas, model, otherModelName, distortion, slowdowns);
    }

    /** The same with other beliefs about its hardware. */
    public ReplayPool distorted(double factor) {
        return new ReplayPool(name, replicas, model, modelName, factor, slowdowns);
    }

    /** The same with replicas that are slow for a time. */
    public ReplayPool withSlowdowns(List<Slowdown> times) {
        return new ReplayPool(name, replicas, model, modelName, distortion, times);
    }
}
