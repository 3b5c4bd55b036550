package io.kvasir.pool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Knows hardware classes by what device plugins and endpoint files call them. The data is the file {@code
 * hardware-catalogue.txt} on the class path; a product it does not know is counted and taken as {@link
 * HardwareClass#unknown()}.
 */
public final class HardwareCatalogue {
    private record Entry(String product, String partition, HardwareClass hardware) {}

    private final List<Entry> entries;
    private final Map<String, LongAdder> unknown = new ConcurrentHashMap<>();

    private HardwareCatalogue(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** The catalogue that ships with the program. */
    public static HardwareCatalogue load() {
        try (var in = HardwareCatalogue.class.getResourceAsStream("/hardware-catalogue.txt")) {
            if (in == null) {
                throw new IllegalStateException("hardware-catalogue.txt is not on the class path");
            }
            var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines();
            return new HardwareCatalogue(lines.map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(HardwareCatalogue::entry)
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Entry entry(String line) {
        String[] f = line.split("\\s+", -1);
        if (f.length != 8) {
            throw new IllegalStateException("hardware-catalogue.txt: 8 columns expected: " + line);
        }
        return new Entry(
                f[0],
                f[1].equals("-") ? "" : f[1],
                new HardwareClass(
                        f[2],
                        f[3],
                        Double.parseDouble(f[4]) * 1e9,
                        Double.parseDouble(f[5]) * 1e12,
                        Double.parseDouble(f[6]) * 1e12,
                        Double.parseDouble(f[7]) * 1e-3));
    }

    /** The class of a replica's hardware; {@link HardwareClass#unknown()} where product or slice is not known. */
    public HardwareClass classOf(EndpointSpec spec) {
        if (spec.product() == null) {
            return HardwareClass.unknown();
        }
        String product = normal(spec.product());
        String partition = spec.partition() == null ? "" : normal(spec.partition());
        for (Entry entry : entries) {
            if (product.contains(entry.product) && partition.equals(entry.partition)) {
                return entry.hardware;
            }
        }
        String name = spec.product() + (partition.isEmpty() ? "" : "/" + spec.partition());
        if (unknown.size() < 64 || unknown.containsKey(name)) {
            unknown.computeIfAbsent(name, _ -> new LongAdder()).increment();
        }
        return HardwareClass.unknown();
    }

    /** All classes, in the file's order. */
    public List<HardwareClass> classes() {
        return new ArrayList<>(entries.stream().map(Entry::hardware).distinct().toList());
    }

    /** Products that were asked for and not known, at most 64. */
    public List<String> unknownProducts() {
        return unknown.keySet().stream().sorted().toList();
    }

    private static String normal(String text) {
        return text.toLowerCase(Locale.ROOT).replace('_', '-').replace(' ', '-');
    }
}
