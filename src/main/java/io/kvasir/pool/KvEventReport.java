package io.kvasir.pool;

/**
 * How an endpoint's KV events come and what they are worth.
 *
 * @param way {@code dialled} where we dial the engine, {@code bound} where it dials us, {@code polled} where
 *     its events are read again and again, {@code none} where none come
 * @param state {@code complete}, {@code partial}, {@code waiting}, {@code uncertain}, {@code disconnected}, {@code unheard},
 *     {@code silent}, {@code unknown-groups}, {@code shared}, {@code not-offered}, or why none can come, as a reason code
 * @param confidence how sure the precise view is of the endpoint, 0 to 1
 */
public record KvEventReport(String way, String state, float confidence) {
    /** None come. */
    public static final KvEventReport NONE = new KvEventReport("none", "not-configured", 0);
}
