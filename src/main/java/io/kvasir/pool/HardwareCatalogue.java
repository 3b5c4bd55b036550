package io.kvasir.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Knows hardware classes by what device plugins and endpoint files call them. The data is the file {@code
 * hardware-catalogue.txt} on the class path, whose head says how names are matched; what it does not know is {@link
 * HardwareClass#unknown()}.
 */
public final class HardwareCatalogue {
    private static final Pattern WORDS = Pattern.compile("[-_./\\s]+");
    private static final Pattern MIG = Pattern.compile("(?:mig-)?(\\d+g\\.\\d+gb).*");
    private static final Pattern COMPUTE_PARTITION = Pattern.compile("([sdtqc]px)(?:[-_]nps\\d+)?");

    private record Entry(String product, String slice, HardwareClass hardware) {}

    private final List<Entry> entries;

    private HardwareCatalogue(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** The catalogue that ships with the program. */
    public static HardwareCatalogue load() {
        return new HardwareCatalogue(ShippedTable.lines("hardware-catalogue.txt").stream()
                .filter(ShippedTable::says)
                .map(HardwareCatalogue::entry)
                .toList());
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
        var words = words(spec.product());
        String slice = spec.partition() == null ? "" : slice(spec.partition());
        for (Entry entry : entries) {
            if (slice.equals(entry.slice) && matches(words, entry.product)) {
                return entry.hardware;
            }
        }
        return HardwareClass.unknown();
    }

    /** Vendor of a product, in lower case; null if the product is not known. */
    public @Nullable String vendorOf(String product) {
        var words = words(product);
        for (Entry entry : entries) {
            if (matches(words, entry.product)) {
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
        return matches(words(product), pattern);
    }

    private static boolean matches(Set<String> words, String pattern) {
        return Arrays.stream(pattern.split("\\|", -1))
                .anyMatch(alternative -> words.containsAll(List.of(alternative.split("\\+", -1))));
    }

    private static Set<String> words(String product) {
        return Set.copyOf(Arrays.asList(WORDS.split(product.toLowerCase(Locale.ROOT), -1)));
    }

    private static String slice(String partition) {
        String text = partition.toLowerCase(Locale.ROOT);
        Matcher mig = MIG.matcher(text);
        if (mig.matches()) {
            return mig.group(1);
        }
        Matcher compute = COMPUTE_PARTITION.matcher(text);
        if (compute.matches()) {
            return compute.group(1).equals("spx") ? "" : compute.group(1);
        }
        return text;
    }
}
