package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;

/**
 * Dynamo's additive cost, in blocks: {@code max(0, active prefill + prompt - overlap) + decode}, with a prefill scale and an
 * overlap credit of 1 and temperature 0, its defaults (ai-dynamo/dynamo {@code docs/components/router/router-concepts.md},
 * {@code lib/kv-router/src/scheduling/selector/default.rs}). Its decode blocks are those of all prompts in flight, this one
 * included; blocks that several share, which it counts once, count for each here.
 */
final class DynamoCost extends Formula {
    private static final double BLOCK = 16;

    DynamoCost(String name, TimeModel time) {
        super(name, time);
    }

    /** The cost in blocks. */
    static double blocks(double prefillBlocks, double overlapBlocks, double decodeBlocks) {
        return Math.max(0, prefillBlocks - overlapBlocks) + decodeBlocks;
    }

    @Override
    double cost(SchedulingContext context, int place) {
        int ordinal = ordinal(context, place);
        double prompt = context.request().promptTokens();
        return blocks(
                (work().prefillTokens(ordinal) + prompt) / BLOCK,
                context.cachedTokens(place) / BLOCK,
                (work().promptTokens(ordinal) + prompt) / BLOCK);
    }
}
