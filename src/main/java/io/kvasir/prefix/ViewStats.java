package io.kvasir.prefix;

/**
 * What a view holds and costs.
 *
 * @param late words about endpoints that had left already, as of the ends of their requests; they were ignored
 * @param beyond calls about endpoints whose ordinal is beyond what the view was made for
 */
public record ViewStats(PrefixSource source, PrefixIndex.Stats index, long late, long beyond) {}
