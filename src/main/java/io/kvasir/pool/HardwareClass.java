package io.kvasir.pool;

import org.jspecify.annotations.Nullable;

/**
 * What a kind of accelerator (or slice of one) can do, by its datasheet and by typical efficiency of engines on it.
 *
 * @param name class name in metrics, such as {@code h200} or {@code h100-mig-1g.10gb}
 * @param vendor such as {@code nvidia}, {@code amd}, {@code cpu}; {@code unknown} where nobody told
 * @param memoryBytes device memory in bytes
 * @param bandwidth memory bandwidth in bytes/s that engines reach
 * @param flops fp8 (else best) operations/s that engines reach in prefill
 * @param stepSeconds fixed cost of one engine step in s
 * @param basis what these rates rest on
 */
public record HardwareClass(
        String name,
        String vendor,
        double memoryBytes,
        double bandwidth,
        double flops,
        double stepSeconds,
        Basis basis) {

    /** What rates rest on, the best evidence first. */
    public enum Basis {
        /** Product and slice stand in the catalogue. */
        CATALOGUE("the catalogue"),
        /** The slice's own name says which part of a device it is. */
        SLICE_NAME("the name of its slice"),
        /** A slice whose name says nothing: half a device, or what is usual in the pool where that is less. */
        SLICE("half a device, or the median of the pool where that is less"),
        /** Only the vendor is known: what is usual in the pool, else what the catalogue says of the vendor. */
        VENDOR("the median of the pool, else its vendor"),
        /** Nothing is known: what is usual in the pool. */
        NOTHING("the median of the pool");

        private final String words;

        Basis(String words) {
            this.words = words;
        }

        /** For a sentence: counts by … . */
        public String words() {
            return words;
        }
    }

    /** Prefill rate of an H100, the unit of endpoint weights. */
    static final double REFERENCE_FLOPS = 890e12;

    /** Vendor of that of which nothing is known. */
    static final String NO_VENDOR = "unknown";

    private static final HardwareClass UNKNOWN =
            new HardwareClass("unknown", NO_VENDOR, 80e9, 2.1e12, REFERENCE_FLOPS, 0.0015, Basis.NOTHING);

    /** Stands for hardware of which nobody told anything, in a pool of nothing else. */
    public static HardwareClass unknown() {
        return UNKNOWN;
    }

    /** Whether it stands in the catalogue. */
    public boolean known() {
        return basis == Basis.CATALOGUE;
    }

    /** Whether it runs on something else than a CPU, as far as is known. */
    boolean accelerator() {
        return !vendor.equals("cpu");
    }

    /** Prefill rate relative to a whole H100. */
    public double relativeCapacity() {
        return flops / REFERENCE_FLOPS;
    }

    /** The same name, with the rates of another. */
    HardwareClass withRatesOf(HardwareClass other) {
        return new HardwareClass(
                name, vendor, other.memoryBytes, other.bandwidth, other.flops, other.stepSeconds, basis);
    }

    /** The same, {@code times} as fast. */
    HardwareClass faster(double times) {
        return new HardwareClass(
                name, vendor, memoryBytes, bandwidth * times, flops * times, stepSeconds / times, basis);
    }

    // spelled out, as what stands for it in a record is put together by the first request that needs it
    @Override
    public boolean equals(@Nullable Object that) {
        return that instanceof HardwareClass other
                && name.equals(other.name)
                && vendor.equals(other.vendor)
                && Double.compare(memoryBytes, other.memoryBytes) == 0
                && Double.compare(bandwidth, other.bandwidth) == 0
                && Double.compare(flops, other.flops) == 0
                && Double.compare(stepSeconds, other.stepSeconds) == 0
                && basis == other.basis;
    }

    @Override
    public int hashCode() {
        int hash = name.hashCode();
        hash = 31 * hash + vendor.hashCode();
        hash = 31 * hash + Double.hashCode(memoryBytes);
        hash = 31 * hash + Double.hashCode(bandwidth);
        hash = 31 * hash + Double.hashCode(flops);
        hash = 31 * hash + Double.hashCode(stepSeconds);
        hash = 31 * hash + basis.hashCode();
        return hash;
    }
}
