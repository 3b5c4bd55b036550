package io.kvasir.discovery.hardware;

import io.kvasir.pool.ShippedTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The vocabulary of {@code hardware-labels.txt}, whose head says what each kind of line means. */
final class HardwareRules {
    private static final String NAME = "hardware-labels.txt";

    /** What a key tells. */
    enum Fact {
        VENDOR,
        PRODUCT,
        PRODUCT_IF_KNOWN,
        PRODUCT_OF_KEY,
        PARTITION,
        REPLICAS,
        STRATEGY,
        MEMORY_MIB,
        MEMORY_GIB,
        DEVICE_ID,
        DEVICE_ID_OF_KEY,
        COMPUTE_UNITS,
        COUNT;

        boolean ofKey() {
            return this == PRODUCT_OF_KEY || this == DEVICE_ID_OF_KEY;
        }
    }

    /** What a resource is. */
    enum Form {
        WHOLE,
        SLICE,
        SHARED,
        SHARED_SLICE;

        boolean slice() {
            return this == SLICE || this == SHARED_SLICE;
        }

        boolean shared() {
            return this == SHARED || this == SHARED_SLICE;
        }
    }

    /** A name, or all names with that begin and end. */
    record Pattern(String begin, @Nullable String end) {
        static Pattern of(String text) {
            int star = text.indexOf('*');
            return star < 0 ? new Pattern(text, null) : new Pattern(text.substring(0, star), text.substring(star + 1));
        }

        boolean matches(String name) {
            return end == null
                    ? name.equals(begin)
                    : name.length() > begin.length() + end.length() && name.startsWith(begin) && name.endsWith(end);
        }

        /** What stands where the star does. */
        String star(String name) {
            return end == null ? "" : name.substring(begin.length(), name.length() - end.length());
        }
    }

    /** A key that tells something; {@code vendor} null for any. */
    record Key(Pattern pattern, Fact fact, @Nullable String vendor) {}

    /** A resource that is a device. */
    record Resource(Pattern pattern, String vendor, Form form) {}

    /** A product that is another where it shows less memory. */
    record Smaller(String product, int belowMib, String name) {}

    final List<Key> declared = new ArrayList<>();
    final List<Key> labels = new ArrayList<>();
    final List<Resource> resources = new ArrayList<>();
    final Map<String, String> devices = new HashMap<>();
    final Map<Integer, String> byGib = new HashMap<>();
    final Map<String, Integer> units = new HashMap<>();
    final List<Smaller> smaller = new ArrayList<>();
    final Map<String, String> vendors = new HashMap<>();

    private HardwareRules() {}

    static HardwareRules load() {
        return parse(ShippedTable.lines(NAME).stream());
    }

    /**
     * Reads the file's lines.
     *
     * @throws IllegalStateException naming the line that is not right
     */
    static HardwareRules parse(Stream<String> lines) {
        var rules = new HardwareRules();
        int number = 0;
        for (String line : lines.map(String::strip).toList()) {
            number++;
            if (ShippedTable.says(line)) {
                try {
                    rules.add(line.split("\\s+", -1));
                } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                    throw new IllegalStateException(NAME + ":" + number + ": \"" + line + "\"", e);
                }
            }
        }
        return rules;
    }

    private void add(String[] f) {
        switch (f[0]) {
            case "declared" -> declared.add(key(f));
            case "label" -> labels.add(key(f));
            case "resource" -> resources.add(new Resource(Pattern.of(f[1]), f[2], Form.valueOf(constant(f[3]))));
            case "device" -> devices.put(f[1], f[2]);
            case "memory" -> byGib.put(Integer.valueOf(f[1]), f[2]);
            case "units" -> units.put(f[1], Integer.valueOf(f[2]));
            case "smaller" -> smaller.add(new Smaller(f[1], Integer.parseInt(f[2]), f[3]));
            case "vendor" -> vendors.put(f[1], f[2]);
            default -> throw new IllegalArgumentException(f[0]);
        }
    }

    private static Key key(String[] f) {
        return new Key(Pattern.of(f[1]), Fact.valueOf(constant(f[2])), f[3].equals("-") ? null : f[3]);
    }

    private static String constant(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
