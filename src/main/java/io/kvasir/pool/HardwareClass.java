package io.kvasir.pool;

/**
 * What a kind of accelerator (or slice of one) can do, by its datasheet and by typical efficiency of engines on it.
 *
 * @param name class name in metrics, such as {@code h200} or {@code h100-mig-1g.10gb}
 * @param vendor such as {@code nvidia}, {@code amd}, {@code cpu}
 * @param memoryBytes device memory in bytes
 * @param bandwidth memory bandwidth in bytes/s that engines reach
 * @param flops fp8 (else best) operations/s that engines reach in prefill
 * @param stepSeconds fixed cost of one engine step in s
 */
public record HardwareClass(
        String name, String vendor, double memoryBytes, double bandwidth, double flops, double stepSeconds) {

    /** Prefill rate relative to an H100, the unit of endpoint weights. */
    static final double REFERENCE_FLOPS = 890e12;

    private static final HardwareClass UNKNOWN = new HardwareClass("unknown", "unknown", 80e9, 2.1e12, 890e12, 0.0015);

    /** Stands for hardware that nobody told about. */
    public static HardwareClass unknown() {
        return UNKNOWN;
    }

    /** Whether somebody told about it. */
    public boolean known() {
        return !equals(UNKNOWN);
    }

    /** Prefill rate relative to a whole H100. */
    public double relativeCapacity() {
        return flops / REFERENCE_FLOPS;
    }
}
