package io.kvasir.cost;

/**
 * The numbers of a model that set its speed.
 *
 * @param activeParameters weights used per token
 * @param weightBytes bytes of all weights in memory
 * @param kvBytesPerToken bytes that one token takes in the KV cache
 * @param layers attention layers
 * @param attentionWidth query heads times head dimension
 */
public record ModelShape(
        double activeParameters, double weightBytes, double kvBytesPerToken, int layers, int attentionWidth) {}
