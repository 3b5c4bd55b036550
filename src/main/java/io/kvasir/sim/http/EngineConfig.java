package io.kvasir.sim.http;

import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.StepCost;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One engine to serve.
 *
 * @param name its name in the pool
 * @param model name of the base model it answers to
 * @param dialect whose surface it shows
 * @param limits what it is started with
 * @param cost its step times
 * @param adapters LoRA adapters loaded at start
 * @param defaultOutput most tokens of an answer whose client sets no limit
 * @param streamInterval tokens in an event of a stream after its first
 * @param fullMetrics whether the metrics page has every family of the engine or those that routers and autoscalers read
 * @param options what its operator switched on
 * @param faults what is wrong with it from the start
 */
public record EngineConfig(
        String name,
        String model,
        EngineDialect dialect,
        EngineLimits limits,
        StepCost cost,
        List<String> adapters,
        int defaultOutput,
        int streamInterval,
        boolean fullMetrics,
        Options options,
        Faults faults) {

    /**
     * What operators of engines switch on or off.
     *
     * @param apiKey key that clients must show; empty for none
     * @param runtimeAdapters whether adapters can be loaded and unloaded by request
     * @param resolvedAdapters names of adapters that are loaded when a request asks for them; null for none
     * @param storesResponses whether answers of the Responses API can be asked for later
     * @param events how it publishes KV events; null for not at all
     */
    public record Options(
            String apiKey,
            boolean runtimeAdapters,
            @Nullable Pattern resolvedAdapters,
            boolean storesResponses,
            @Nullable EventOptions events) {
        /** As an engine is that is told nothing, but for adapters, which can be loaded. */
        public static final Options USUAL = new Options("", true, null, false, null);
    }
}
