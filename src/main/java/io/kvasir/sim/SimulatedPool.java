package io.kvasir.sim;

import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.StepCost;
import io.kvasir.sim.http.EngineCluster;
import io.kvasir.sim.http.EngineConfig;
import io.kvasir.sim.http.EngineDialect;
import io.kvasir.sim.http.EventOptions;
import io.kvasir.sim.http.EventPublisher;
import io.kvasir.sim.http.Faults;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Simulated engines in this process, each on a port of its own. Made by {@link #builder}; runs until closed. */
public final class SimulatedPool implements AutoCloseable {
    /** The model engines answer to unless told otherwise. */
    public static final String DEFAULT_MODEL = "meta-llama/Llama-3.1-8B-Instruct";

    private final EngineCluster cluster;
    private final List<SimulatedEndpoint> endpoints;
    private final List<String> adapters;

    private SimulatedPool(EngineCluster cluster, List<SimulatedEndpoint> endpoints, List<String> adapters) {
        this.cluster = cluster;
        this.endpoints = endpoints;
        this.adapters = adapters;
    }

    /** A builder with defaults for everything but the pool specification. */
    public static Builder builder() {
        return new Builder();
    }

    /** The engines, in the order of the specification. */
    public List<SimulatedEndpoint> endpoints() {
        return endpoints;
    }

    /** Writes the endpoint file of all engines, in one move. */
    public void writeEndpointsFile(Path file) throws IOException {
        EndpointsFile.write(file, endpoints, adapters);
    }

    /**
     * Sets what is wrong with an engine from now on; {@link Faults#NONE} mends it.
     *
     * @throws IllegalArgumentException if there is no engine of that name
     */
    public void faults(String endpointName, Faults faults) {
        cluster.faults(endpointName, faults);
    }

    /**
     * What publishes the KV events of an engine, and what can go wrong with them.
     *
     * @throws IllegalArgumentException if there is no engine of that name, or it publishes none
     */
    public EventPublisher events(String endpointName) {
        return cluster.events(endpointName);
    }

    /** An engine's cache is gone without a word, and its events begin anew, as after a restart. */
    public void restartEvents(String endpointName) {
        cluster.restartEvents(endpointName, false);
    }

    /** The same, and its events are published at other ports, as those of a restarted engine that takes any free ones. */
    public void moveEvents(String endpointName) {
        cluster.restartEvents(endpointName, true);
    }

    /**
     * True counters of an engine, whatever is wrong with it: the JSON of its {@code /admin/state}.
     *
     * @throws IllegalArgumentException if there is no engine of that name
     */
    public String state(String endpointName) {
        return cluster.state(endpointName);
    }

    /** Stops all engines; open answers are cut off. */
    @Override
    public void close() {
        cluster.close();
    }

    /** What to start. */
    public static final class Builder {
        private String pool = "h200=1";
        private String model = DEFAULT_MODEL;
        private @Nullable Long perturbSeed;
        private double timeScale = 1;
        private int basePort;
        private String host = "127.0.0.1";
        private EngineDialect dialect = EngineDialect.VLLM;
        private List<String> adapters = List.of();
        private int maxOutput = 128;
        private int streamInterval = 1;
        private int blockSize;
        private int slidingWindow;
        private int kvBlocks;
        private boolean fullMetrics;
        private String apiKey = "";
        private boolean runtimeAdapters = true;
        private @Nullable Pattern resolvedAdapters;
        private boolean storesResponses;
        private @Nullable EventOptions events;
        private int maxModelLength;
        private Faults faults = Faults.NONE;
        private int eventLoops = Math.min(4, Runtime.getRuntime().availableProcessors());

        private Builder() {}

        /** Devices, dialects and counts, for example {@code h200=2,mi350x:sglang=2,mig-1g=1,cpu=1}. */
        public Builder pool(String spec) {
            pool = spec;
            return this;
        }

        /** Name of the base model; it changes nothing else. */
        public Builder model(String name) {
            model = name;
            return this;
        }

        /** Multiplies each class's compute and bandwidth by hidden factors within 1.25; null for the profile's own. */
        public Builder perturbSeed(@Nullable Long seed) {
            perturbSeed = seed;
            return this;
        }

        /** Simulated seconds per real second, 0.1 to 10. */
        public Builder timeScale(double scale) {
            timeScale = scale;
            return this;
        }

        /** First port; engines take consecutive ones. 0 for any free ones. */
        public Builder basePort(int port) {
            basePort = port;
            return this;
        }

        /** Address to listen on. */
        public Builder host(String address) {
            host = address;
            return this;
        }

        /** Whose HTTP surface those engines show whose entry in the specification names none. */
        public Builder dialect(EngineDialect which) {
            dialect = which;
            return this;
        }

        /** LoRA adapters loaded at start. */
        public Builder adapters(List<String> names) {
            adapters = List.copyOf(names);
            return this;
        }

        /** Most tokens of an answer whose client sets no limit. */
        public Builder maxOutput(int tokens) {
            maxOutput = tokens;
            return this;
        }

        /** Tokens in an event of a stream after its first, as the engines' own {@code --stream-interval}. */
        public Builder streamInterval(int tokens) {
            streamInterval = tokens;
            return this;
        }

        /** Tokens in a KV block (vLLM) or page (SGLang); 0 for the device's, or 1 in SGLang's dialect. */
        public Builder blockSize(int tokens) {
            blockSize = tokens;
            return this;
        }

        /** Tokens that half of the model's layers look back, as gpt-oss' do; 0 where all look back to the beginning. */
        public Builder slidingWindow(int tokens) {
            slidingWindow = tokens;
            return this;
        }

        /** KV blocks that engines have, as vLLM's {@code --num-gpu-blocks-override}; 0 for what the device has room for. */
        public Builder kvBlocks(int blocks) {
            kvBlocks = blocks;
            return this;
        }

        /** Whether metrics pages have every family or those that routers and autoscalers read. */
        public Builder fullMetrics(boolean full) {
            fullMetrics = full;
            return this;
        }

        /** Key that engines ask of their clients as vLLM's {@code --api-key} does; empty for none. */
        public Builder apiKey(String key) {
            apiKey = key;
            return this;
        }

        /** Whether adapters can be loaded and unloaded at run time. */
        public Builder runtimeAdapters(boolean allowed) {
            runtimeAdapters = allowed;
            return this;
        }

        /** Names of adapters that engines load when a request asks for them; null for none. */
        public Builder resolvedAdapters(@Nullable Pattern names) {
            resolvedAdapters = names;
            return this;
        }

        /** Whether engines remember answers of the Responses API. */
        public Builder storesResponses(boolean stored) {
            storesResponses = stored;
            return this;
        }

        /** How engines publish KV events; null for not at all. */
        public Builder events(@Nullable EventOptions published) {
            events = published;
            return this;
        }

        /** Most tokens of prompt and output together; 0 for the device's, which is also the most. */
        public Builder maxModelLength(int tokens) {
            maxModelLength = tokens;
            return this;
        }

        /** What is wrong with all engines from the start. */
        public Builder faults(Faults initial) {
            faults = initial;
            return this;
        }

        /** Threads that serve. */
        public Builder eventLoops(int threads) {
            eventLoops = threads;
            return this;
        }

        /**
         * Starts the engines; returns when all listen.
         *
         * @throws IllegalArgumentException naming the setting that is wrong, and what is allowed
         * @throws BindException if a port is taken; nothing is left running then
         */
        public SimulatedPool start() throws BindException {
            check("time-scale", timeScale, 0.1, 10);
            check("max-output", maxOutput, 1, 1_000_000);
            check("stream-interval", streamInterval, 1, 1024);
            check("block-size", blockSize, 0, 1024);
            check("sliding-window", slidingWindow, 0, 1_000_000);
            check("kv-blocks", kvBlocks, 0, 100_000_000);
            check("max-model-len", maxModelLength, maxModelLength == 0 ? 0 : 2, Integer.MAX_VALUE);
            var profiles = HardwareProfiles.load();
            var entries = PoolSpec.parse(pool, dialect, profiles);
            check("base-port", basePort, 0, basePort == 0 ? 0 : 65_536.0 - entries.size());
            var cluster = new EngineCluster(Math.max(1, eventLoops), timeScale);
            try {
                return new SimulatedPool(cluster, serve(cluster, entries, profiles), adapters);
            } catch (BindException | RuntimeException e) {
                cluster.close();
                throw e;
            }
        }

        private List<SimulatedEndpoint> serve(
                EngineCluster cluster, List<PoolSpec.Entry> entries, HardwareProfiles profiles) throws BindException {
            var endpoints = new ArrayList<SimulatedEndpoint>();
            var options = new EngineConfig.Options(apiKey, runtimeAdapters, resolvedAdapters, storesResponses, events);
            var numbers = new HashMap<String, Integer>();
            for (var entry : entries) {
                var device = entry.device();
                var spoken = entry.dialect();
                int size = blockSize == 0 && spoken == EngineDialect.SGLANG ? 1 : blockSize;
                var name = device.name() + "-" + (numbers.merge(device.name(), 1, Integer::sum) - 1);
                var limits = device.limits(profiles.model(), size)
                        .withContext(maxModelLength)
                        .withBlocks(kvBlocks)
                        .withWindow(slidingWindow);
                var real = perturbSeed == null ? device : device.perturbed(perturbSeed);
                var cost = new StepCost(real, profiles.model());
                var config = new EngineConfig(
                        name,
                        model,
                        spoken,
                        limits,
                        cost,
                        adapters,
                        maxOutput,
                        streamInterval,
                        fullMetrics,
                        options,
                        faults);
                int port = cluster.serve(config, host, basePort == 0 ? 0 : basePort + endpoints.size());
                endpoints.add(new SimulatedEndpoint(
                        name,
                        host,
                        port,
                        device.vendor(),
                        device.product(),
                        device.partition(),
                        spoken.label(),
                        model,
                        limits.maxModelLength(),
                        (long) limits.blocks() * limits.blockSize(),
                        events == null
                                ? null
                                : events.buffered() > 0
                                        ? "http://*/kv_cache_events?interval=20&block=" + limits.blockSize()
                                        : cluster.events(name).address(host)));
            }
            return List.copyOf(endpoints);
        }

        private static void check(String name, double value, double least, double most) {
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(
                        name + ": " + number(value) + "; allowed: " + number(least) + " to " + number(most));
            }
        }

        private static String number(double value) {
            return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
        }
    }
}
