package io.kvasir.pool;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What discovery says of one replica. Two equal specs are the same replica unchanged.
 *
 * @param name unique in the pool
 * @param address IP address or host name
 * @param port of the engine's HTTP API
 * @param labels as the file or the pod has them
 * @param vendor GPU vendor such as {@code NVIDIA} or {@code AMD}; null if unknown
 * @param product GPU product such as {@code NVIDIA-H200}; null if unknown
 * @param partition slice of the GPU such as {@code 1g.18gb} or {@code CPX}; null for a whole one
 * @param count GPUs (or slices) of the replica, 1 or more
 * @param sharing replicas that share each GPU in time, 1 for none
 * @param model base model it serves; null if unknown
 * @param adapters LoRA adapters it is known to serve
 * @param maxModelLen longest prompt plus output in tokens, 0 if unknown
 * @param kvTokens tokens its KV cache holds, 0 if unknown
 * @param metricsPort port of its metrics page
 * @param kvEvents ZMQ endpoint of its KV events; null for none
 * @param weight speed of the whole replica relative to others, which overrides the hardware catalogue: in H100s where
 *     others have none; 0 to use the catalogue
 * @param protocol how its API is spoken to
 * @param apiKey what it demands of those who probe it; null where nobody says
 */
public record EndpointSpec(
        String name,
        String address,
        int port,
        Map<String, String> labels,
        Role role,
        @Nullable String vendor,
        @Nullable String product,
        @Nullable String partition,
        int count,
        int sharing,
        EngineKind engine,
        @Nullable String model,
        List<String> adapters,
        int maxModelLen,
        long kvTokens,
        int metricsPort,
        @Nullable String kvEvents,
        double weight,
        EngineProtocol protocol,
        @Nullable ApiKey apiKey) {

    public EndpointSpec {
        labels = Map.copyOf(labels);
        adapters = List.copyOf(adapters);
    }

    /** A replica that speaks HTTP/1.1 and demands no key that is known. */
    public EndpointSpec(
            String name,
            String address,
            int port,
            Map<String, String> labels,
            Role role,
            @Nullable String vendor,
            @Nullable String product,
            @Nullable String partition,
            int count,
            int sharing,
            EngineKind engine,
            @Nullable String model,
            List<String> adapters,
            int maxModelLen,
            long kvTokens,
            int metricsPort,
            @Nullable String kvEvents,
            double weight) {
        this(
                name,
                address,
                port,
                labels,
                role,
                vendor,
                product,
                partition,
                count,
                sharing,
                engine,
                model,
                adapters,
                maxModelLen,
                kvTokens,
                metricsPort,
                kvEvents,
                weight,
                EngineProtocol.HTTP,
                null);
    }

    /** The same replica, spoken to otherwise. */
    public EndpointSpec spoken(EngineProtocol otherProtocol, @Nullable ApiKey otherKey) {
        return new EndpointSpec(
                name,
                address,
                port,
                labels,
                role,
                vendor,
                product,
                partition,
                count,
                sharing,
                engine,
                model,
                adapters,
                maxModelLen,
                kvTokens,
                metricsPort,
                kvEvents,
                weight,
                otherProtocol,
                otherKey);
    }

    /** A replica of which only the address is known. */
    public static EndpointSpec of(String name, String address, int port) {
        return new EndpointSpec(
                name,
                address,
                port,
                Map.of(),
                Role.BOTH,
                null,
                null,
                null,
                1,
                1,
                EngineKind.VLLM,
                null,
                List.of(),
                0,
                0,
                port,
                null,
                0);
    }

    /** {@code ip:port} as gateways write it, IPv6 addresses in brackets. */
    public String hostPort() {
        return hostPort(address, port);
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    public static String hostPort(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
