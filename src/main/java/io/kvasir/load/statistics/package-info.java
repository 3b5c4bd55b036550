/** What can be said of few noisy runs: quantiles, and intervals of what two arms differ by. */
@NullMarked
package io.kvasir.load.statistics;

import org.jspecify.annotations.NullMarked;
