package io.kvasir.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Knows hardware classes by what device plugins and endpoint files call them. The data is the file {@code
 * hardware-catalogue.txt} on the class path, whose head says how names are matched. Of what it does not know it takes what
 * can be read from the slice's name and the vendor's; {@link HardwareClass#basis} says so.
 */
public final class HardwareCatalogue {
    private static final Pattern WORDS = Pattern.compile("[-_./\\s]+");
    private static final String ANY = "*";
    private static final int MOST_REMEMBERED = 1024;

    private record Entry(List<Set<String>> product, String slice, HardwareClass hardware) {
        boolean matches(Set<String> words) {
            return HardwareCatalogue.matches(words, product);
        }
    }

    /** What tells a class. */
    private record Told(
            @Nullable String vendor,
            @Nullable String product,
            @Nullable String partition) {
        // spelled out, as what stands for it in a record is put together by the first request that needs it
        @Override
        public boolean equals(@Nullable Object that) {
            return that instanceof Told other
                    && Objects.equals(vendor, other.vendor)
                    && Objects.equals(product, other.product)
                    && Objects.equals(partition, other.partition);
        }

        @Override
        public int hashCode() {
            int hash = Objects.hashCode(vendor);
            hash = 31 * hash + Objects.hashCode(product);
            hash = 31 * hash + Objects.hashCode(partition);
            return hash;
        }
    }

    private final List<Entry> entries;
    private final List<Entry> vendors;
    private final Map<Told, HardwareClass> remembered = new ConcurrentHashMap<>();

    private HardwareCatalogue(List<Entry> all) {
        entries = all.stream().filter(entry -> !entry.slice.equals(ANY)).toList();
        vendors = all.stream().filter(entry -> entry.slice.equals(ANY)).toList();
    }

    /** The catalogue that ships with the program. */
    public static HardwareCatalogue load() {
        return new HardwareCatalogue(ShippedTable.lines("hardware-catalogue.txt").stream()
                .filter(ShippedTable::says)
                .map(HardwareCatalogue::entry)
                .toList());
    }

    /** The same with every class changed. */
    public HardwareCatalogue changed(UnaryOperator<HardwareClass> change) {
        return new HardwareCatalogue(Stream.concat(entries.stream(), vendors.stream())
                .map(entry -> new Entry(entry.product, entry.slice, change.apply(entry.hardware)))
                .toList());
    }

    private static Entry entry(String line) {
        String[] f = line.split("\\s+", -1);
        if (f.length != 8) {
            throw new IllegalStateException("hardware-catalogue.txt: 8 columns expected: " + line);
        }
        return new Entry(
                alternatives(f[0]),
                f[1].equals("-") ? "" : f[1],
                new HardwareClass(
                        f[2],
                        f[3],
                        Double.parseDouble(f[4]) * 1e9,
                        Double.parseDouble(f[5]) * 1e12,
                        Double.parseDouble(f[6]) * 1e12,
                        Double.parseDouble(f[7]) * 1e-3,
                        f[1].equals(ANY) ? HardwareClass.Basis.VENDOR : HardwareClass.Basis.CATALOGUE));
    }

    /** The class of a replica's hardware by what its description tells, whatever the rest of its pool is. */
    public HardwareClass classOf(EndpointSpec spec) {
        var told = new Told(spec.vendor(), spec.product(), spec.partition());
        var known = remembered.get(told);
        if (known == null) {
            known = classOf(told);
            if (remembered.size() < MOST_REMEMBERED) {
                remembered.put(told, known);
            }
        }
        return known;
    }

    private HardwareClass classOf(Told told) {
        var words = new HashSet<String>();
        if (told.vendor != null) {
            words.addAll(words(told.vendor));
        }
        if (told.product != null) {
            words.addAll(words(told.product));
        }
        var device = find(words, "");
        if (HardwareSlice.whole(told.partition)) {
            return device != null ? device : ofVendor(words, null);
        }
        var slice = HardwareSlice.of(Objects.requireNonNull(told.partition));
        String name = slice == null ? told.partition.toLowerCase(Locale.ROOT) : slice.name();
        var listed = find(words, name);
        if (listed != null) {
            return listed;
        }
        if (device == null && told.product == null && slice != null) {
            var only = onlyWith(slice);
            if (only != null) {
                return only;
            }
        }
        return sliceOf(device, words, slice);
    }

    private @Nullable HardwareClass find(Set<String> words, String slice) {
        for (Entry entry : entries) {
            if (slice.equals(entry.slice) && entry.matches(words)) {
                return entry.hardware;
            }
        }
        return null;
    }

    /** The class whose slices alone have that name, where it is one: profiles tell the memory of their device. */
    private @Nullable HardwareClass onlyWith(HardwareSlice slice) {
        var classes = entries.stream()
                .filter(entry -> entry.slice.equals(slice.name()))
                .map(Entry::hardware)
                .distinct()
                .toList();
        return classes.size() == 1 ? classes.getFirst() : null;
    }

    private HardwareClass sliceOf(@Nullable HardwareClass device, Set<String> words, @Nullable HardwareSlice slice) {
        var whole = device != null ? device : ofVendor(words, slice);
        int parts = slice == null ? 0 : device == null ? slice.of() : parts(words, slice);
        var part = slice == null ? null : slice.partOf(whole, parts, device != null);
        if (part != null) {
            return part;
        }
        return new HardwareClass(
                whole.name() + "-slice",
                whole.vendor(),
                whole.memoryBytes() / 2,
                whole.bandwidth() / 2,
                whole.flops() / 2,
                whole.stepSeconds(),
                HardwareClass.Basis.SLICE);
    }

    /** Into how many parts a device is divided, by the slices of it that are known. */
    private int parts(Set<String> words, HardwareSlice slice) {
        int most = 0;
        for (Entry entry : entries) {
            var other = entry.slice.isEmpty() || !entry.matches(words) ? null : HardwareSlice.of(entry.slice);
            if (other != null && other.vendor().equals(slice.vendor()) && other.memoryBytes() > 0) {
                most = Math.max(most, other.part());
            }
        }
        return most > 0 ? most : slice.of();
    }

    private HardwareClass ofVendor(Set<String> words, @Nullable HardwareSlice slice) {
        for (Entry entry : vendors) {
            if (entry.matches(words)) {
                return entry.hardware;
            }
        }
        return slice == null ? HardwareClass.unknown() : ofVendor(Set.of(slice.vendor()), null);
    }

    /** Vendor of a product, in lower case; null if the product is not known. */
    public @Nullable String vendorOf(String product) {
        var words = words(product);
        for (Entry entry : entries) {
            if (entry.matches(words)) {
                return entry.hardware.vendor();
            }
        }
        return null;
    }

    /** All classes, in the file's order. */
    public List<HardwareClass> classes() {
        return new ArrayList<>(entries.stream().map(Entry::hardware).distinct().toList());
    }

    /** Whether a product's name has all words of the pattern, as the file's head describes it. */
    public static boolean matches(String product, String pattern) {
        return matches(words(product), alternatives(pattern));
    }

    private static boolean matches(Set<String> words, List<Set<String>> alternatives) {
        return alternatives.stream().anyMatch(words::containsAll);
    }

    private static List<Set<String>> alternatives(String pattern) {
        return Stream.of(pattern.split("\\|", -1))
                .map(alternative -> Set.of(alternative.split("\\+", -1)))
                .toList();
    }

    private static Set<String> words(String name) {
        return Set.copyOf(Arrays.asList(WORDS.split(name.toLowerCase(Locale.ROOT), -1)));
    }
}
