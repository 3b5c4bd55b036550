package io.kvasir.cost;

import org.jspecify.annotations.Nullable;

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
        double activeParameters, double weightBytes, double kvBytesPerToken, int layers, int attentionWidth) {
    // spelled out, as what stands for it in a record is put together by the first request that needs it
    @Override
    public boolean equals(@Nullable Object that) {
        return that instanceof ModelShape other
                && Double.compare(activeParameters, other.activeParameters) == 0
                && Double.compare(weightBytes, other.weightBytes) == 0
                && Double.compare(kvBytesPerToken, other.kvBytesPerToken) == 0
                && layers == other.layers
                && attentionWidth == other.attentionWidth;
    }

    @Override
    public int hashCode() {
        int hash = Double.hashCode(activeParameters);
        hash = 31 * hash + Double.hashCode(weightBytes);
        hash = 31 * hash + Double.hashCode(kvBytesPerToken);
        hash = 31 * hash + layers;
        hash = 31 * hash + attentionWidth;
        return hash;
    }
}
