package io.kvasir.load.replay.arm;

import io.kvasir.load.replay.ReplayArm;
import io.kvasir.schedule.Policy;
import java.util.ArrayList;
import java.util.List;

/** All arms, by name. */
public final class Arms {
    private Arms() {}

    /** Every arm, Kvasir's own first. */
    public static List<ReplayArm> all() {
        var arms = new ArrayList<ReplayArm>();
        arms.add(new PolicyArm("kvasir", "the default: predicted seconds (docs/architecture.md)", Policy.TIME));
        return List.copyOf(arms);
    }

    /**
     * The arm of that name.
     *
     * @throws IllegalArgumentException if there is none, naming those that there are
     */
    public static ReplayArm named(String name) {
        return all().stream()
                .filter(arm -> arm.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("arm: bad value \"" + name + "\"; allowed: "
                        + String.join(", ", all().stream().map(ReplayArm::name).toList())));
    }
}
