/**
 * Chooses endpoints. A {@link io.kvasir.schedule.Profile} runs filters, weighted scorers and a picker over the
 * candidates of a {@link io.kvasir.schedule.SchedulingContext}: flat arrays that one thread reuses from request to
 * request. Names of plug-ins are those of the field where the behaviour is theirs.
 */
@NullMarked
package io.kvasir.schedule;

import org.jspecify.annotations.NullMarked;
