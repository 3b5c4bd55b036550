package io.kvasir.sim.http;

import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.StepCost;
import java.util.List;

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
 */
public record EngineConfig(
        String name,
        String model,
        Dialect dialect,
        EngineLimits limits,
        StepCost cost,
        List<String> adapters,
        int defaultOutput,
        int streamInterval,
        boolean fullMetrics) {}
