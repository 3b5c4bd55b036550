package io.kvasir.cost;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareClass;
import java.util.Objects;
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
        @Nullable String engineVersion) {
    // spelled out, as what stands for it in a record is put together by the first request that needs it
    @Override
    public boolean equals(@Nullable Object that) {
        return that instanceof RateKey other
                && model.equals(other.model)
                && hardware.equals(other.hardware)
                && count == other.count
                && sharing == other.sharing
                && Double.compare(speed, other.speed) == 0
                && engine == other.engine
                && Objects.equals(engineVersion, other.engineVersion);
    }

    @Override
    public int hashCode() {
        int hash = model.hashCode();
        hash = 31 * hash + hardware.hashCode();
        hash = 31 * hash + count;
        hash = 31 * hash + sharing;
        hash = 31 * hash + Double.hashCode(speed);
        hash = 31 * hash + engine.hashCode();
        hash = 31 * hash + Objects.hashCode(engineVersion);
        return hash;
    }
}
