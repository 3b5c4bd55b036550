package io.kvasir.kvevents;

import org.jspecify.annotations.Nullable;

/**
 * How KV events are taken.
 *
 * @param bind where engines that dial us find us, such as {@code tcp://*:5557}; null for nowhere
 * @param highWaterMark messages that a socket keeps for us
 */
public record KvEventSettings(@Nullable String bind, int highWaterMark) {
    /** Nowhere, 100,000. */
    public static final KvEventSettings DEFAULT = new KvEventSettings(null, 100_000);

    /** These, and bound there. */
    public KvEventSettings at(String address) {
        return new KvEventSettings(address, highWaterMark);
    }
}
