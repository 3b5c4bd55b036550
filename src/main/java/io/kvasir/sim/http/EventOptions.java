package io.kvasir.sim.http;

import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventEncoder.Layout;
import org.jspecify.annotations.Nullable;

/**
 * How a simulated engine publishes KV events.
 *
 * @param scheme how it hashes its blocks; SGLang's always by its own
 * @param seed text of {@code PYTHONHASHSEED}; null for not set
 * @param wholeHashes whether hashes are bytes
 * @param replay whether it answers requests for what was missed
 * @param connect where it dials, such as {@code tcp://router:5557}; null where it is dialled
 * @param topic first frame of its messages
 * @param retained batches kept for replay
 * @param buffered events kept until somebody reads them, as TensorRT-LLM does, where none are published; else 0
 */
public record EventOptions(
        HashScheme scheme,
        @Nullable String seed,
        Layout layout,
        boolean wholeHashes,
        boolean replay,
        @Nullable String connect,
        String topic,
        int retained,
        int buffered) {
    /** As vLLM does that is told nothing but to publish, with replay. */
    public static final EventOptions USUAL =
            new EventOptions(HashScheme.SHA256, null, Layout.TAGGED, false, true, null, "", 10_000, 0);

    /** These with other hashes. */
    public EventOptions hashing(HashScheme by, @Nullable String withSeed) {
        return new EventOptions(by, withSeed, layout, wholeHashes, replay, connect, topic, retained, buffered);
    }

    /** These, laid out otherwise. */
    public EventOptions laidOut(Layout as, boolean whole) {
        return new EventOptions(scheme, seed, as, whole, replay, connect, topic, retained, buffered);
    }

    /** These without anybody to ask for what was missed. */
    public EventOptions withoutReplay() {
        return new EventOptions(scheme, seed, layout, wholeHashes, false, connect, topic, retained, buffered);
    }

    /** These with so many batches kept for replay. */
    public EventOptions retaining(int batches) {
        return new EventOptions(scheme, seed, layout, wholeHashes, replay, connect, topic, batches, buffered);
    }

    /** These, dialling. */
    public EventOptions dialling(String address, String withTopic) {
        return new EventOptions(scheme, seed, layout, wholeHashes, replay, address, withTopic, retained, buffered);
    }

    /** These, of which so many are kept until somebody reads them, instead of being published. */
    public EventOptions keeping(int events) {
        return new EventOptions(scheme, seed, layout, wholeHashes, replay, connect, topic, retained, events);
    }
}
