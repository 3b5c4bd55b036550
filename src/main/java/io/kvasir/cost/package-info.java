/**
 * What work costs in seconds on a given endpoint: {@link io.kvasir.cost.TimeModel} turns hardware and model shapes into
 * per-endpoint rates, and rates with the endpoint's books into waiting, prefill and decode times.
 */
@NullMarked
package io.kvasir.cost;

import org.jspecify.annotations.NullMarked;
