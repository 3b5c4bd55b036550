/**
 * The {@code load-test} subcommand: replays a trace, open loop, through a router over simulated engines, each in a
 * process of its own, for several policies on the same schedule. A {@link io.kvasir.load.Trace} becomes a
 * {@link io.kvasir.load.Schedule}, a {@link io.kvasir.load.LoadClient} sends it and notes a
 * {@link io.kvasir.load.Sample} per request, a {@link io.kvasir.load.RunSummary} condenses these, and
 * {@link io.kvasir.load.ScenarioReport} compares runs. The client measures from outside only: it knows nothing that a user of
 * the router could not see.
 */
@NullMarked
package io.kvasir.load;

import org.jspecify.annotations.NullMarked;
