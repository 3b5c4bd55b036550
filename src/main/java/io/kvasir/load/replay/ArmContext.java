package io.kvasir.load.replay;

import io.kvasir.cost.TimeModel;
import java.util.random.RandomGenerator;

/**
 * What an arm may know in a run.
 *
 * @param time the router's time model
 * @param random chance that is its own, the same for the same seed
 * @param truth what really is, for arms that are references and could not exist
 */
public record ArmContext(TimeModel time, RandomGenerator random, Truth truth) {}
