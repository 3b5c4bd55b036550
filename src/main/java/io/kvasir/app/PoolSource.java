package io.kvasir.app;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where endpoints come from. */
sealed interface PoolSource {
    /**
     * Simulated replicas inside the program, for a laptop.
     *
     * @param traffic whether made-up traffic is sent to them
     */
    record Demo(boolean traffic) implements PoolSource {}

    /** An endpoint file, followed while running. */
    record File(Path path) implements PoolSource {}

    /**
     * The pods that an InferencePool selects.
     *
     * @param group API group of the pool
     */
    record Named(String name, String namespace, String group) implements PoolSource {}

    /**
     * Pods by their labels, without an InferencePool.
     *
     * @param selector what a pod's labels must be, as the API has selectors
     * @param namespace of the pods
     * @param targetPorts ports of engines on each pod, 1 to 8, each once, in the order given
     */
    record Selected(String selector, String namespace, List<Integer> targetPorts) implements PoolSource {}

    /** Whether endpoints are objects of a cluster. */
    default boolean inCluster() {
        return this instanceof Named || this instanceof Selected;
    }

    /**
     * Reads the flags that say it.
     *
     * @param demo whether the demo may be what is wanted
     * @throws ConfigurationException where they say two things, or nothing and it may not
     */
    static PoolSource of(FlagValues values, boolean demo) {
        var named = Stream.of(Flag.POOL_NAME, Flag.ENDPOINT_SELECTOR, Flag.ENDPOINTS)
                .filter(values::given)
                .toList();
        if (named.size() > 1) {
            throw new ConfigurationException(named.get(0).key() + ": " + values.text(named.get(0)) + " together with "
                    + named.get(1).key() + "; allowed: one of pool-name, endpoint-selector, endpoints");
        }
        var ports = SelectorFlags.targetPorts(values);
        if (!ports.isEmpty() && !values.given(Flag.ENDPOINT_SELECTOR)) {
            values.warn("--endpoint-target-ports has no effect without --endpoint-selector");
        }
        boolean traffic = values.on(Flag.DEMO_TRAFFIC);
        if (named.isEmpty() && demo) {
            return new Demo(traffic);
        }
        if (values.given(Flag.DEMO_TRAFFIC)) {
            values.warn("--demo-traffic has no effect without the demo");
        }
        if (named.isEmpty()) {
            throw new ConfigurationException(
                    values.inCluster()
                            ? "pool-name: not set; in a cluster name the replicas with one of --pool-name,"
                                    + " --endpoint-selector, --endpoints (the demo pool is for laptops)"
                            : "endpoints: not set; say where endpoints come from with --endpoints FILE, --pool-name NAME or"
                                    + " --endpoint-selector LABEL=VALUE; for simulated ones: kvasir demo");
        }
        return switch (named.getFirst()) {
            case POOL_NAME ->
                new Named(
                        values.matching(Flag.POOL_NAME, SelectorFlags.NAME, "the name of an InferencePool"),
                        SelectorFlags.namespace(values),
                        values.oneOf(Flag.POOL_GROUP, "inference.networking.k8s.io", "inference.networking.x-k8s.io"));
            case ENDPOINT_SELECTOR -> {
                if (ports.isEmpty()) {
                    throw new ConfigurationException(
                            "endpoint-target-ports: not set; allowed with endpoint-selector: 1 to 8 ports");
                }
                yield new Selected(SelectorFlags.selector(values), SelectorFlags.namespace(values), ports);
            }
            default -> new File(values.file(Flag.ENDPOINTS));
        };
    }
}
