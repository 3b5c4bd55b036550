/**
 * Pools of simulated engines of mixed hardware, for the embedded demo, for tests and as the {@code simulate}
 * subcommand. {@link io.kvasir.sim.engine} is the engine, {@link io.kvasir.sim.http} its HTTP surface. Nothing here is
 * shared with the router: not the hardware's rates, not block hashing, not the cache.
 */
@NullMarked
package io.kvasir.sim;

import org.jspecify.annotations.NullMarked;
