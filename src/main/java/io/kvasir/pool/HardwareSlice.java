package io.kvasir.pool;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A slice of a device by its name: NVIDIA's MIG profiles ({@code 3g.40gb}, {@code 1c.3g.40gb}; NVIDIA's MIG user guide) and
 * AMD's compute partitions ({@code CPX}, {@code cpx_nps4}; AMD's partitioning guide).
 *
 * @param name as the catalogue writes it: without attributes and memory partition
 * @param vendor whose devices are sliced so
 * @param part how many parts of its device's compute it has
 * @param of into how many parts such devices are usually divided
 * @param memoryBytes memory that the name tells, 0 where it tells none
 */
record HardwareSlice(String name, String vendor, int part, int of, double memoryBytes) {
    private static final Pattern MIG = Pattern.compile("(?:mig-)?(?:([1-9])c\\.)?([1-9])g\\.(\\d{1,4})gb.*");
    private static final Pattern COMPUTE_PARTITION = Pattern.compile("([dtqc]px)(?:[-_]nps\\d+)?");
    private static final int MIG_PARTS = 7;

    /** Reads a name; null where it means nothing. */
    static @Nullable HardwareSlice of(String partition) {
        String text = partition.toLowerCase(Locale.ROOT);
        Matcher mig = MIG.matcher(text);
        if (mig.matches()) {
            String instances = mig.group(1) == null ? "" : mig.group(1) + "c.";
            int part = Integer.parseInt(mig.group(1) == null ? mig.group(2) : mig.group(1));
            return new HardwareSlice(
                    instances + mig.group(2) + "g." + mig.group(3) + "gb",
                    "nvidia",
                    part,
                    MIG_PARTS,
                    Integer.parseInt(mig.group(3)) * 1e9);
        }
        Matcher compute = COMPUTE_PARTITION.matcher(text);
        return compute.matches() ? new HardwareSlice(compute.group(1), "amd", 1, parts(compute.group(1)), 0) : null;
    }

    /** Whether a name stands for the whole device: none, or AMD's single partition. */
    static boolean whole(@Nullable String partition) {
        return partition == null || partition.toLowerCase(Locale.ROOT).matches("spx(?:[-_]nps\\d+)?");
    }

    private static int parts(String partition) {
        return switch (partition) {
            case "dpx" -> 2;
            case "tpx" -> 3;
            case "qpx" -> 4;
            default -> 8;
        };
    }

    /**
     * What that part of a device can do; null where the name makes it more than the device.
     *
     * @param parts into how many parts that device is divided
     * @param certain whether it is known to be a slice of that very device: more memory than it has is then an error
     */
    @Nullable
    HardwareClass partOf(HardwareClass device, int parts, boolean certain) {
        if (part > parts) {
            return null;
        }
        double compute = (double) part / parts;
        boolean told = memoryBytes > 0 && (memoryBytes <= device.memoryBytes() * 1.02 || !certain);
        double memory = told ? memoryBytes : device.memoryBytes() * compute;
        return new HardwareClass(
                device.name().replace("-unknown", "") + (memoryBytes > 0 ? "-mig-" : "-") + name,
                device.vendor(),
                memory,
                device.bandwidth() * Math.min(1, memory / device.memoryBytes()),
                device.flops() * compute,
                device.stepSeconds(),
                HardwareClass.Basis.SLICE_NAME);
    }
}
