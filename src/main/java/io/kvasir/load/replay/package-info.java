/**
 * Replay in virtual time: the router's own {@code route}, {@code schedule}, {@code prefix} and {@code cost} code over
 * simulated engines, without sockets, threads or sleeping. A {@link io.kvasir.load.replay.ReplayRun} has one
 * {@link io.kvasir.load.replay.ReplayArm} decide for one {@link io.kvasir.load.replay.ReplayWorkload} on one
 * {@link io.kvasir.load.replay.ReplayPool} and comes to a {@link io.kvasir.load.replay.ReplayResult}, which is the same bit
 * for bit whenever it is run again with the same seed.
 */
@NullMarked
package io.kvasir.load.replay;

import org.jspecify.annotations.NullMarked;
