package io.kvasir.prefix;

/**
 * What is believed of one endpoint's cache as a whole.
 *
 * @param heldTokens that it is thought to hold; -1 where nobody keeps account
 * @param accuracy share of what was expected of it lately that its engine found, 0 to 1; NaN where nobody keeps account
 */
public record CacheBelief(long heldTokens, float accuracy) {
    /** Nobody keeps account. */
    public static final CacheBelief NONE = new CacheBelief(-1, Float.NaN);
}
