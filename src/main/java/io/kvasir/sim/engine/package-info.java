/**
 * A simulated inference engine without any I/O: continuous batching, a block-level prefix cache and a roofline for
 * the time of each step, driven by whoever owns the clock. The same class serves a process that answers HTTP in real
 * or scaled time and a replay in virtual time. It shares no rates, no hashing and no cache code with the router, so
 * that it can prove the router wrong.
 */
@NullMarked
package io.kvasir.sim.engine;

import org.jspecify.annotations.NullMarked;
