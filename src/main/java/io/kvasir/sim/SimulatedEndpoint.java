package io.kvasir.sim;

import org.jspecify.annotations.Nullable;

/**
 * One running simulated engine, as an endpoint file describes it.
 *
 * @param name unique in the pool: the device's name and a number
 * @param address address it listens on
 * @param port port it listens on
 * @param vendor {@code nvidia}, {@code amd} or {@code cpu}
 * @param product product name as node labels give it
 * @param partition slice of the product; empty for a whole device
 * @param engine {@code vllm} or {@code sglang}
 * @param model model it answers to
 * @param maxModelLen most tokens of prompt and output together
 * @param kvTokens tokens its KV cache holds
 * @param kvEvents where its KV events are; null for nowhere
 */
public record SimulatedEndpoint(
        String name,
        String address,
        int port,
        String vendor,
        String product,
        String partition,
        String engine,
        String model,
        int maxModelLen,
        long kvTokens,
        @Nullable String kvEvents) {

    /** Base URL of its HTTP API, without a trailing slash. */
    public String url() {
        return "http://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
    }
}
