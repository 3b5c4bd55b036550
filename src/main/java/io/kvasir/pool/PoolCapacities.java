package io.kvasir.pool;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What each replica of a pool counts as, where that depends on the others: hardware that is not known counts as the median
 * of what is (of two in the middle the lesser), so that nobody is thought the best for want of a name, and the weights that
 * an endpoint file gives are numbers relative to each other.
 */
final class PoolCapacities {
    /** Most that a weight makes a replica faster or slower than its hardware. */
    private static final double MOST_TIMES = 1000;

    private record Replica(EndpointSpec spec, HardwareClass hardware) {
        boolean told() {
            return spec.weight() > 0 || hardware.basis().compareTo(HardwareClass.Basis.SLICE_NAME) <= 0;
        }

        boolean whole() {
            return HardwareSlice.whole(spec.partition());
        }

        /** One device of it, by its weight where it has one. */
        HardwareClass device() {
            double devices = (double) spec.count() / spec.sharing();
            double weight = spec.weight() / devices;
            return spec.weight() > 0 ? hardware.faster(weight / hardware.relativeCapacity()) : hardware;
        }
    }

    private final HardwareCatalogue catalogue;
    private final List<Replica> replicas;
    private final Map<HardwareClass, HardwareClass> estimates = new HashMap<>();
    private final double unit;

    /** @param specs all replicas of the pool */
    PoolCapacities(HardwareCatalogue catalogue, Collection<EndpointSpec> specs) {
        this.catalogue = catalogue;
        replicas = specs.stream()
                .map(spec -> new Replica(spec, catalogue.classOf(spec)))
                .toList();
        unit = unit();
    }

    /** What a weight of 1 is in H100s: 1, but where all have weights and no replica is left to compare them with. */
    private double unit() {
        if (replicas.isEmpty() || replicas.stream().anyMatch(replica -> replica.spec.weight() <= 0)) {
            return 1;
        }
        double[] weights = replicas.stream()
                .mapToDouble(replica -> replica.spec.weight())
                .sorted()
                .toArray();
        double[] capacities = replicas.stream()
                .mapToDouble(replica -> capacity(replica.spec, replica.hardware))
                .sorted()
                .toArray();
        int middle = (weights.length - 1) / 2;
        return capacities[middle] / weights[middle];
    }

    private static double capacity(EndpointSpec spec, HardwareClass hardware) {
        return hardware.relativeCapacity() * spec.count() / spec.sharing();
    }

    /** The class of one of the replicas. */
    HardwareClass hardware(EndpointSpec spec) {
        var hardware = catalogue.classOf(spec);
        return spec.weight() > 0 ? hardware : estimates.computeIfAbsent(hardware, this::estimate);
    }

    private HardwareClass estimate(HardwareClass hardware) {
        return switch (hardware.basis()) {
            case CATALOGUE, SLICE_NAME -> hardware;
            case SLICE -> {
                var median = median(hardware.vendor(), _ -> true);
                yield median != null && median.flops() < hardware.flops() ? hardware.withRatesOf(median) : hardware;
            }
            case VENDOR -> {
                var median = median(hardware.vendor(), Replica::whole);
                yield median == null ? hardware : hardware.withRatesOf(median);
            }
            case NOTHING -> {
                var median = median(Replica::told);
                var other = median == null
                        ? median(replica -> replica.hardware.basis() != HardwareClass.Basis.NOTHING)
                        : median;
                yield other == null ? hardware : hardware.withRatesOf(other);
            }
        };
    }

    /** Of what is told of that vendor's devices, else of all accelerators. */
    private @Nullable HardwareClass median(String vendor, Predicate<Replica> fitting) {
        var same = median(replica -> replica.told()
                && fitting.test(replica)
                && replica.hardware.vendor().equals(vendor));
        return same != null
                ? same
                : median(replica -> replica.told() && fitting.test(replica) && replica.hardware.accelerator());
    }

    private @Nullable HardwareClass median(Predicate<Replica> which) {
        var sorted = replicas.stream()
                .filter(which)
                .map(Replica::device)
                .sorted(Comparator.comparingDouble(HardwareClass::flops))
                .toList();
        return sorted.isEmpty() ? null : sorted.get((sorted.size() - 1) / 2);
    }

    /** How many times as fast as its hardware one of the replicas is, by its weight; 1 where it has none. */
    double speed(EndpointSpec spec) {
        if (spec.weight() <= 0) {
            return 1;
        }
        double times = spec.weight() * unit / capacity(spec, catalogue.classOf(spec));
        return Math.clamp(times, 1 / MOST_TIMES, MOST_TIMES);
    }
}
