package io.kvasir.pool;

/**
 * How an engine's prefix cache is set up, by its own page.
 *
 * @param hashScheme how its blocks are hashed, as the engine names that; empty where it does not say
 * @param reuses whether prefixes are kept for later requests; true where it does not say otherwise
 */
public record CacheConfig(String hashScheme, boolean reuses) {
    /** The engine says nothing of it. */
    public static final CacheConfig UNTOLD = new CacheConfig("", true);
}
