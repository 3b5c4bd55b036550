/**
 * The replicas of one pool as routing sees them. {@link io.kvasir.pool.Pool} takes descriptions from discovery and
 * publishes immutable {@link io.kvasir.pool.PoolSnapshot}s; each {@link io.kvasir.pool.Endpoint} in them carries the
 * live parts that change between snapshots: its books of work in flight, its health and what it last reported.
 */
@NullMarked
package io.kvasir.pool;

import org.jspecify.annotations.NullMarked;
