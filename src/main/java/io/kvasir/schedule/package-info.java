/**
 * Chooses endpoints. A {@link io.kvasir.schedule.Profile} runs filters, weighted scorers and a picker over the
 * candidates of a {@link io.kvasir.schedule.SchedulingContext}: flat arrays that one thread reuses from request to
 * request. The types of plug-ins stand in {@link io.kvasir.schedule.PluginRegistry}, under the field's names where the
 * behaviour is theirs; {@link io.kvasir.schedule.ProfileBuilder} puts profiles together from it.
 */
@NullMarked
package io.kvasir.schedule;

import org.jspecify.annotations.NullMarked;
