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

    /** A replica of which only the address is known. */
    public static EndpointSpec of(String name, String address, int port) {
        return builder(name, address, port).build();
    }

    /** Begins with a replica of which only the address is known: vLLM on one GPU, metrics on the same port, in HTTP/1.1. */
    public static Builder builder(String name, String address, int port) {
        return new Builder(name, address, port);
    }

    /** Begins with this one. */
    public Builder toBuilder() {
        return new Builder(name, address, port)
                .labels(labels)
                .role(role)
                .vendor(vendor)
                .product(product)
                .partition(partition)
                .count(count)
                .sharing(sharing)
                .engine(engine)
                .model(model)
                .adapters(adapters)
                .maxModelLen(maxModelLen)
                .kvTokens(kvTokens)
                .metricsPort(metricsPort)
                .kvEvents(kvEvents)
                .weight(weight)
                .protocol(protocol)
                .apiKey(apiKey);
    }

    /** {@code ip:port} as gateways write it, IPv6 addresses in brackets. */
    public String hostPort() {
        return hostPort(address, port);
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    public static String hostPort(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** Collects what is known of a replica; each component is named and explained there. */
    public static final class Builder {
        private final String name;
        private final String address;
        private final int port;
        private Map<String, String> labels = Map.of();
        private Role role = Role.BOTH;
        private @Nullable String vendor;
        private @Nullable String product;
        private @Nullable String partition;
        private int count = 1;
        private int sharing = 1;
        private EngineKind engine = EngineKind.VLLM;
        private @Nullable String model;
        private List<String> adapters = List.of();
        private int maxModelLen;
        private long kvTokens;
        private int metricsPort;
        private @Nullable String kvEvents;
        private double weight;
        private EngineProtocol protocol = EngineProtocol.HTTP;
        private @Nullable ApiKey apiKey;

        private Builder(String name, String address, int port) {
            this.name = name;
            this.address = address;
            this.port = port;
            metricsPort = port;
        }

        public Builder labels(Map<String, String> value) {
            labels = value;
            return this;
        }

        public Builder role(Role value) {
            role = value;
            return this;
        }

        public Builder vendor(@Nullable String value) {
            vendor = value;
            return this;
        }

        public Builder product(@Nullable String value) {
            product = value;
            return this;
        }

        public Builder partition(@Nullable String value) {
            partition = value;
            return this;
        }

        public Builder count(int value) {
            count = value;
            return this;
        }

        public Builder sharing(int value) {
            sharing = value;
            return this;
        }

        public Builder engine(EngineKind value) {
            engine = value;
            return this;
        }

        public Builder model(@Nullable String value) {
            model = value;
            return this;
        }

        public Builder adapters(List<String> value) {
            adapters = value;
            return this;
        }

        public Builder maxModelLen(int value) {
            maxModelLen = value;
            return this;
        }

        public Builder kvTokens(long value) {
            kvTokens = value;
            return this;
        }

        public Builder metricsPort(int value) {
            metricsPort = value;
            return this;
        }

        public Builder kvEvents(@Nullable String value) {
            kvEvents = value;
            return this;
        }

        public Builder weight(double value) {
            weight = value;
            return this;
        }

        public Builder protocol(EngineProtocol value) {
            protocol = value;
            return this;
        }

        public Builder apiKey(@Nullable ApiKey value) {
            apiKey = value;
            return this;
        }

        public EndpointSpec build() {
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
                    protocol,
                    apiKey);
        }
    }
}
