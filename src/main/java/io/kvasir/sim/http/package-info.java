/**
 * Simulated engines over real HTTP, in the dialect of vLLM or SGLang. Many engines share a few event loops; each is
 * confined to one, and one thread wakes the loops when steps are due. Only this package and its parent know Vert.x.
 */
@NullMarked
package io.kvasir.sim.http;

import org.jspecify.annotations.NullMarked;
