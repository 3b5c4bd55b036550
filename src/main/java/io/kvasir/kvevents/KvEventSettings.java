package io.kvasir.kvevents;

import io.kvasir.pool.ApiKey;
import org.jspecify.annotations.Nullable;

/**
 * How KV events are taken.
 *
 * @param bind where engines that dial us find us, such as {@code tcp://*:5557}; null for nowhere
 * @param highWaterMark messages that a socket keeps for us
 * @param key what engines whose events are read demand, of which the pool does not say it; null for nothing
 */
public record KvEventSettings(
        @Nullable String bind, int highWaterMark, @Nullable ApiKey key) {
    /** Nowhere, 100,000, nothing. */
    public static final KvEventSettings DEFAULT = new KvEventSettings(null, 100_000, null);

    /** These, with a key. */
    public KvEventSettings with(@Nullable ApiKey demanded) {
        return new KvEventSettings(bind, highWaterMark, demanded);
    }

    /** These, and bound there. */
    public KvEventSettings at(String address) {
        return new KvEventSettings(address, highWaterMark, key);
    }
}
