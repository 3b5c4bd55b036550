package io.kvasir.sim.engine;

/**
 * What a model costs to run.
 *
 * @param name name in the profile file
 * @param parameters active parameters per token
 * @param weightBytes bytes of weights read in a step
 * @param kvBytesPerToken bytes of KV cache per token
 * @param layers transformer layers
 * @param attentionWidth query heads times head dimension
 * @param maxModelLength longest context the model was made for, in tokens
 */
public record ModelProfile(
        String name,
        double parameters,
        double weightBytes,
        double kvBytesPerToken,
        int layers,
        int attentionWidth,
        int maxModelLength) {}
