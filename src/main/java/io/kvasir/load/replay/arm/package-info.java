/**
 * The arms of replay: {@link io.kvasir.load.replay.arm.Arms} lists them. Each rival's formula as it was published, over the
 * same books, metrics pages and beliefs about caches that Kvasir's own policies have.
 */
@NullMarked
package io.kvasir.load.replay.arm;

import org.jspecify.annotations.NullMarked;
