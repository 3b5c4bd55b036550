package io.kvasir.load.replay;

/**
 * A time in which a replica is slower than it is.
 *
 * @param replica its place in the pool
 * @param fromSeconds from the start of the run
 * @param untilSeconds likewise
 * @param factor by which its steps take longer
 */
public record Slowdown(int replica, double fromSeconds, double untilSeconds, double factor) {}
