package io.kvasir.schedule;

import org.jspecify.annotations.Nullable;

/**
 * What decides, all of it: swapped as one.
 *
 * @param profile chooses endpoints
 * @param pairing finds prefill endpoints for those chosen, for doors that can use them
 * @param shadow is scored on the same traffic, never used; null for none
 */
public record Profiles(
        Profile profile, Pairing pairing, @Nullable Profile shadow) {}
