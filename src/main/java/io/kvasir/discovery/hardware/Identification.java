package io.kvasir.discovery.hardware;

import io.kvasir.discovery.hardware.HardwareIdentity.Source;
import io.kvasir.discovery.hardware.HardwareRules.Fact;
import io.kvasir.pool.HardwareCatalogue;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One pod's hints on their way to an identity. */
final class Identification {
    private static final int LONGEST_VALUE = 128;
    private static final int MOST = 1024;
    private static final String SHARED_SUFFIX = "-SHARED";
    private static final Pattern MIG_SUFFIX = Pattern.compile("(.+)-MIG-(.+)");

    /** Texts of one origin and the keys that count there. */
    private record Layer(Source source, Map<String, String> texts, List<HardwareRules.Key> keys) {}

    /** A value, where it is from, and the vendor that its key is bound to. */
    private record Found(
            String value, Source source, @Nullable String vendor) {}

    /** A device that the containers ask for. */
    private record Device(String vendor, @Nullable String slice, boolean shared, long count) {}

    private final HardwareRules rules;
    private final HardwareCatalogue catalogue;
    private final HardwareHints hints;
    private final List<Layer> layers = new ArrayList<>();
    private final Set<HardwareNote> notes = EnumSet.noneOf(HardwareNote.class);
    private final @Nullable Device device;
    private @Nullable String vendor;

    Identification(HardwareRules rules, HardwareCatalogue catalogue, HardwareHints hints) {
        this.rules = rules;
        this.catalogue = catalogue;
        this.hints = hints;
        layers.add(new Layer(Source.DECLARED, hints.podAnnotations(), rules.declared));
        layers.add(new Layer(Source.DECLARED, hints.podLabels(), rules.declared));
        if (hints.nodeLabels() != null) {
            layers.add(new Layer(Source.NODE, hints.nodeLabels(), rules.labels));
        }
        layers.add(new Layer(Source.POD, hints.nodeSelector(), rules.labels));
        layers.add(new Layer(Source.POD, hints.podLabels(), rules.labels));
        layers.add(new Layer(Source.POD, hints.podAnnotations(), rules.labels));
        device = device();
    }

    HardwareIdentity identity() {
        var declared = find(Fact.VENDOR);
        vendor = declared != null && declared.source == Source.DECLARED
                ? vendor(declared.value)
                : device == null ? null : device.vendor;
        var named = product();
        if ((vendor == null || vendor.equals("cpu")) && withoutDevice(named)) {
            return new HardwareIdentity("cpu", "CPU", null, 1, 1, Sharing.NONE, Source.RESOURCE, notes);
        }
        String product = named == null ? null : named.value;
        boolean shared = device != null && device.shared;
        if (product != null && product.endsWith(SHARED_SUFFIX)) {
            product = product.substring(0, product.length() - SHARED_SUFFIX.length());
            shared = true;
        }
        String slice = null;
        Matcher mig = MIG_SUFFIX.matcher(product == null ? "" : product);
        if (mig.matches()) {
            product = mig.group(1);
            slice = mig.group(2);
            if (slice.equals("INVALID")) {
                notes.add(HardwareNote.MIG_INVALID);
                slice = "invalid";
            }
        }
        if (vendor == null) {
            vendor = vendorOf(named, product);
        }
        if (product == null) {
            product = byMemory();
        } else if (slice == null && (device == null || device.slice == null)) {
            product = smaller(product);
        }
        int sharing = sharing(shared);
        return new HardwareIdentity(
                vendor,
                product,
                partition(product, slice),
                count(),
                sharing,
                strategy(sharing),
                named != null ? named.source : device == null ? Source.NONE : Source.RESOURCE,
                notes);
    }

    private @Nullable Device device() {
        Device first = null;
        for (var resource : rules.resources) {
            for (var limit : hints.limits().entrySet()) {
                String name = limit.getKey();
                if (limit.getValue() <= 0 || !resource.pattern().matches(name)) {
                    continue;
                }
                if (first == null) {
                    String slice = name.substring(name.indexOf('/') + 1);
                    slice = slice.startsWith("mig-") ? slice.substring("mig-".length()) : slice;
                    slice = slice.endsWith(".shared") ? slice.substring(0, slice.length() - ".shared".length()) : slice;
                    first = new Device(
                            resource.vendor(),
                            resource.form().slice() ? slice : null,
                            resource.form().shared(),
                            limit.getValue());
                } else if (!name.endsWith(".shared")) {
                    notes.add(HardwareNote.SEVERAL_DEVICES);
                }
            }
        }
        return first;
    }

    /** Whether it is a pod that nobody gave a device: what its node has is not its own. */
    private boolean withoutDevice(@Nullable Found product) {
        return device == null && !hints.resourceClaims() && (product == null || product.source == Source.NODE);
    }

    private @Nullable Found product() {
        return find(Fact.PRODUCT, Fact.PRODUCT_IF_KNOWN, Fact.PRODUCT_OF_KEY, Fact.DEVICE_ID, Fact.DEVICE_ID_OF_KEY);
    }

    private @Nullable String vendorOf(@Nullable Found named, @Nullable String product) {
        if (named != null && named.vendor != null) {
            return named.vendor;
        }
        var told = find(Fact.VENDOR);
        if (told != null) {
            return vendor(told.value);
        }
        return product == null ? null : catalogue.vendorOf(product);
    }

    private String vendor(String text) {
        String name = text.toLowerCase(Locale.ROOT);
        return rules.vendors.getOrDefault(name, name);
    }

    private @Nullable String byMemory() {
        var gib = "amd".equals(vendor) ? find(Fact.MEMORY_GIB) : null;
        return gib == null ? null : rules.byGib.get(number(gib.value.replaceFirst("[Gg]$", "")));
    }

    private String smaller(String product) {
        for (var rule : rules.smaller) {
            if (HardwareCatalogue.matches(product, rule.product()) && !product.matches("(?i).*\\d+gb.*")) {
                var mib = find(Fact.MEMORY_MIB);
                int shown = mib == null ? 0 : number(mib.value);
                if (shown > 0 && shown < rule.belowMib()) {
                    return rule.name();
                }
            }
        }
        return product;
    }

    private @Nullable String partition(@Nullable String product, @Nullable String ofProduct) {
        var told = find(Fact.PARTITION);
        if (told != null && told.source == Source.DECLARED) {
            return told.value;
        }
        if (device != null && device.slice != null) {
            return device.slice;
        }
        if (ofProduct != null) {
            return ofProduct;
        }
        if (told != null) {
            return told.value.toLowerCase(Locale.ROOT).startsWith("spx") ? null : told.value;
        }
        return product == null ? null : byUnits(product);
    }

    /** AMD's compute partition, told by how many of a device's compute units one shows. */
    private @Nullable String byUnits(String product) {
        var shown = find(Fact.COMPUTE_UNITS);
        for (var whole : rules.units.entrySet()) {
            if (shown != null && HardwareCatalogue.matches(product, whole.getKey())) {
                int units = number(shown.value);
                return units <= 0 || whole.getValue() % units != 0
                        ? null
                        : switch (whole.getValue() / units) {
                            case 2 -> "dpx";
                            case 3 -> "tpx";
                            case 4 -> "qpx";
                            case 6, 8 -> "cpx";
                            default -> null;
                        };
            }
        }
        return null;
    }

    private int sharing(boolean shared) {
        var told = find(Fact.REPLICAS);
        // feature discovery says 0 where sharing is off
        int replicas = told == null || told.value.equals("0") ? 1 : Math.max(1, number(told.value));
        if (shared && replicas == 1) {
            notes.add(HardwareNote.SHARING_UNKNOWN);
            return 2;
        }
        return replicas;
    }

    private Sharing strategy(int sharing) {
        if (sharing == 1) {
            return Sharing.NONE;
        }
        var told = find(Fact.STRATEGY);
        var strategy = told == null ? Sharing.UNKNOWN : Sharing.of(told.value);
        return strategy == Sharing.NONE ? Sharing.UNKNOWN : strategy;
    }

    private int count() {
        var told = find(Fact.COUNT);
        if (told != null && number(told.value) > 0) {
            return number(told.value);
        }
        return device == null ? 1 : (int) Math.clamp(device.count / hints.engines(), 1, MOST);
    }

    private int number(String text) {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // noted below
        }
        notes.add(HardwareNote.BAD_VALUE);
        return -1;
    }

    private @Nullable Found find(Fact... facts) {
        var wanted = Set.of(facts);
        for (Layer layer : layers) {
            for (HardwareRules.Key key : layer.keys) {
                if (wanted.contains(key.fact())
                        && (key.vendor() == null
                                || vendor == null
                                || key.vendor().equals(vendor))) {
                    String value = read(key, layer.texts);
                    if (value != null) {
                        return new Found(value, layer.source, key.vendor());
                    }
                }
            }
        }
        return null;
    }

    private @Nullable String read(HardwareRules.Key key, Map<String, String> texts) {
        String text = key.fact().ofKey() ? ofKey(key, texts) : texts.get(name(key));
        if (text == null || text.isBlank() || text.length() > LONGEST_VALUE) {
            return null;
        }
        return switch (key.fact()) {
            case PRODUCT_IF_KNOWN -> catalogue.vendorOf(text) == null ? null : text;
            case DEVICE_ID, DEVICE_ID_OF_KEY -> rules.devices.get(text.toLowerCase(Locale.ROOT));
            default -> text;
        };
    }

    /** The key's name for the slice that the pod has; one that is nowhere where it has none. */
    private String name(HardwareRules.Key key) {
        String end = key.pattern().end();
        String slice = device == null || device.slice == null ? "*" : device.slice;
        return end == null ? key.pattern().begin() : key.pattern().begin() + slice + end;
    }

    private @Nullable String ofKey(HardwareRules.Key key, Map<String, String> texts) {
        String only = null;
        for (String name : texts.keySet()) {
            if (key.pattern().matches(name)) {
                if (only != null) {
                    notes.add(HardwareNote.MIXED_NODE);
                    return null;
                }
                only = key.pattern().star(name);
            }
        }
        return only;
    }
}
