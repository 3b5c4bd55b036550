package io.kvasir.load.contention;

import java.util.List;

/**
 * Requests of one kind, of one tenant.
 *
 * @param name what results call them
 * @param tenant whose they are
 * @param priority how much they matter
 * @param rate a second, independent of each other; 0 where they come in bursts only
 * @param fromSeconds when the first may come
 * @param untilSeconds when the last may
 * @param bursts seconds at which many come at once
 * @param burst how many then
 * @param input least and most prompt tokens, of which none are shared
 * @param output least and most output tokens
 * @param retries how often a refused one is sent again, when it was told to
 * @param measured whether they also run alone, to compare
 */
record Stream(
        String name,
        String tenant,
        int priority,
        double rate,
        double fromSeconds,
        double untilSeconds,
        List<Double> bursts,
        int burst,
        int[] input,
        int[] output,
        int retries,
        boolean measured) {}
