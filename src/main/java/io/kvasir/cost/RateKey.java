package io.kvasir.cost;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareClass;
import org.jspecify.annotations.Nullable;

/**
 * What replicas have in common that are equally fast. Two equal keys share one {@link ClassRates}.
 *
 * @param model shape of the base model
 * @param count accelerators (or slices) of the replica, 1 or more
 * @param sharing replicas that share each of them in time, 1 for none
 * @param speed how many times as fast as its hardware the replica counts as, by its description's weight; above 0
 * @param engineVersion as the engine tells it; null where it does not, or where replicas told of too many
 */
public record RateKey(
        ModelShape model,
        HardwareClass hardware,
        int count,
        int sharing,
        double speed,
        EngineKind engine,
        @Nullable String engineVersion) {}
