package io.kvasir.kvevents;

import io.kvasir.pool.ApiKey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How KV events are taken.
 *
 * @param bind where engines that dial us find us, such as {@code tcp://*:5557}; null for nowhere
 * @param highWaterMark messages that a socket keeps for us
 * @param key what engines whose events are read demand, of which the pool does not say it; null for nothing
 * @param silence how long the other side of a connection may leave heartbeats unanswered before the connection is given up,
 *     and what it told is not believed
 */
public record KvEventSettings(
        @Nullable String bind, int highWaterMark, @Nullable ApiKey key, Duration silence) {
    /** Nowhere, 100,000, nothing, 15 s. */
    public static final KvEventSettings DEFAULT = new KvEventSettings(null, 100_000, null, Duration.ofSeconds(15));

    /** These, with a key. */
    public KvEventSettings with(@Nullable ApiKey demanded) {
        return new KvEventSettings(bind, highWaterMark, demanded, silence);
    }

    /** These, and bound there. */
    public KvEventSettings at(String address) {
        return new KvEventSettings(address, highWaterMark, key, silence);
    }

    /** These, with that silence, of a millisecond at least. */
    public KvEventSettings silentFor(Duration longest) {
        return new KvEventSettings(bind, highWaterMark, key, longest);
    }
}
