package io.kvasir.sim.engine;

import java.util.SplittableRandom;

/**
 * One class of accelerator (or a slice of one) as the simulator runs it. The router never reads these.
 *
 * @param name name in a pool specification, for example {@code h200}
 * @param vendor {@code nvidia}, {@code amd} or {@code cpu}
 * @param product product name as node labels give it, for example {@code NVIDIA-H200}
 * @param partition slice of the product, for example {@code 1g.18gb}; empty for a whole device
 * @param memoryBytes device memory
 * @param memoryShare share of the memory an engine may use (vLLM's {@code gpu_memory_utilization})
 * @param overheadBytes memory that is neither weights nor KV cache
 * @param bandwidth peak memory bandwidth, bytes per second
 * @param bandwidthShare share of it that is reached
 * @param flops peak dense operations per second at the model's precision
 * @param flopsShare share of it that prefill reaches (MFU)
 * @param fixedSeconds seconds of a step that depend on nothing
 * @param maxBatchedTokens token budget of a step
 * @param maxSequences sequences that may run at once
 * @param blockSize default tokens in a KV block
 * @param maxModelLength context length an engine on this device is started with, at most the model's
 */
public record HardwareProfile(
        String name,
        String vendor,
        String product,
        String partition,
        double memoryBytes,
        double memoryShare,
        double overheadBytes,
        double bandwidth,
        double bandwidthShare,
        double flops,
        double flopsShare,
        double fixedSeconds,
        int maxBatchedTokens,
        int maxSequences,
        int blockSize,
        int maxModelLength) {

    /** Widest factor by which a perturbed rate differs, in both directions. */
    public static final double PERTURBATION = 1.25;

    /** Tokens of KV cache that fit beside the weights; zero when the weights do not fit. */
    public long kvTokens(ModelProfile model) {
        var bytes = memoryBytes * memoryShare - model.weightBytes() - overheadBytes;
        return Math.max(0, (long) (bytes / model.kvBytesPerToken()));
    }

    /**
     * An engine's limits on this device.
     *
     * @param blockSize tokens in a block, 0 for the device's default
     * @throws IllegalArgumentException when the KV cache cannot hold one sequence of the device's context length
     */
    public EngineLimits limits(ModelProfile model, int blockSize) {
        int size = blockSize == 0 ? this.blockSize : blockSize;
        return new EngineLimits(
                size,
                (int) (kvTokens(model) / size) - 1,
                maxBatchedTokens,
                maxSequences,
                Math.min(maxModelLength, model.maxModelLength()));
    }

    /**
     * The same class of device with compute and bandwidth each multiplied by a factor between 1/1.25 and 1.25, drawn
     * log-uniformly from the seed and the class name: every engine of a class gets the same factors.
     */
    public HardwareProfile perturbed(long seed) {
        var random = new SplittableRandom(Mixing.finish(seed) ^ Mixing.finish(name.hashCode()));
        var compute = Math.pow(PERTURBATION, random.nextDouble(-1, 1));
        var memory = Math.pow(PERTURBATION, random.nextDouble(-1, 1));
        return with(memoryBytes, overheadBytes, bandwidthShare * memory, flopsShare * compute, fixedSeconds);
    }

    /** What one of so many engines has of a device that they share in time: a part of its memory, and of all its speed. */
    public HardwareProfile shared(int by) {
        return with(memoryBytes / by, overheadBytes / by, bandwidthShare / by, flopsShare / by, fixedSeconds * by);
    }

    private HardwareProfile with(double memory, double overhead, double ofBandwidth, double ofFlops, double fixed) {
        return new HardwareProfile(
                name,
                vendor,
                product,
                partition,
                memory,
                memoryShare,
                overhead,
                bandwidth,
                ofBandwidth,
                flops,
                ofFlops,
                fixed,
                maxBatchedTokens,
                maxSequences,
                blockSize,
                maxModelLength);
    }
}
