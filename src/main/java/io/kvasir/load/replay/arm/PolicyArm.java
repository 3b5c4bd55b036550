package io.kvasir.load.replay.arm;

import io.kvasir.load.replay.ArmContext;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.schedule.Policy;

/**
 * A policy that ships with the program, as {@code --policy} has it.
 *
 * @param name in reports
 * @param source where its formula was published
 * @param policy which it is
 */
record PolicyArm(String name, String source, Policy policy) implements ReplayArm {
    @Override
    public Chooser start(ArmContext context) {
        var profile = policy.profile(context.time());
        return () -> profile;
    }
}
