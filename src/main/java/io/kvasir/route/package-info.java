/**
 * The one entry that the doors call. {@link io.kvasir.route.Router} reads a body, decides where the request goes and opens
 * its {@link io.kvasir.route.Booking}: the books of that request from the pick to its end, which return every amount that
 * was counted for it exactly once, whatever happens.
 */
@NullMarked
package io.kvasir.route;

import org.jspecify.annotations.NullMarked;
