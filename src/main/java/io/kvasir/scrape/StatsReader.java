package io.kvasir.scrape;

import io.kvasir.pool.CacheConfig;
import io.kvasir.pool.EngineStats;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns the samples of one endpoint's page into {@link EngineStats}. Kept from page to page: adapter names are made
 * anew only when their text changed, so that a page costs one small record.
 */
final class StatsReader implements MetricsPageScanner.Sink {
    private static final int MAX_ADAPTERS = 10_000;

    private final EngineMetrics metrics;
    private final int[] count;
    private final double[] value;
    /** Value of the sample that a {@link Quantity.Merge#LATEST} slot took. */
    private final double[] latest;

    private final Names[] names;
    private CacheConfig cache = CacheConfig.UNTOLD;
    private int samples;
    private long odd;

    /** The text of a label that lists names, and the list made of it. */
    private static final class Names {
        byte[] text = new byte[64];
        int length;
        byte[] listed = new byte[0];
        List<String> list = List.of();

        void take(SampleLabels labels, int label) {
            length = labels.length(label);
            if (length > text.length) {
                text = new byte[2 * length];
            }
            labels.copy(label, text);
        }

        List<String> list() {
            if (!Arrays.equals(text, 0, length, listed, 0, listed.length)) {
                listed = Arrays.copyOf(text, length);
                // a list that EngineStats need not copy again
                list = List.copyOf(
                        Arrays.stream(SampleLabels.unescape(text, 0, length).split(",", MAX_ADAPTERS))
                                .map(String::strip)
                                .filter(name -> !name.isEmpty())
                                .toList());
            }
            return list;
        }
    }

    StatsReader(EngineMetrics metrics) {
        this.metrics = metrics;
        count = new int[metrics.slots()];
        value = new double[metrics.slots()];
        latest = new double[metrics.slots()];
        names = new Names[metrics.slots()];
        Arrays.setAll(names, _ -> new Names());
    }

    /** A new page begins. */
    void begin() {
        Arrays.fill(count, 0);
        Arrays.fill(value, 0);
        samples = 0;
    }

    @Override
    public void sample(int family, SampleLabels labels, double sampleValue) {
        for (var source : metrics.sourcesOf(family)) {
            if (meets(source, labels)) {
                samples++;
                var quantity = metrics.quantityOf(source.slot());
                byte[] valueLabel = source.valueLabel();
                if (valueLabel == null) {
                    add(source, quantity, sampleValue, sampleValue);
                } else {
                    int label = labels.find(valueLabel);
                    if (label >= 0 && quantity.text()) {
                        addNames(source.slot(), labels, label, sampleValue);
                    } else if (label >= 0 && labels.isNumber(label)) {
                        add(source, quantity, labels.number(label), sampleValue);
                    }
                }
            }
        }
    }

    private static boolean meets(EngineMetrics.Source source, SampleLabels labels) {
        var conditions = source.conditions();
        for (int i = 0; i < conditions.size(); i++) {
            var condition = conditions.get(i);
            int label = labels.find(condition.label());
            if (label < 0 ? !condition.orAbsent() : !labels.is(label, condition.text())) {
                return false;
            }
        }
        return true;
    }

    private void add(EngineMetrics.Source source, Quantity quantity, double number, double sampleValue) {
        if (!(number >= 0 && number < Double.POSITIVE_INFINITY)) {
            odd++;
            return;
        }
        int slot = source.slot();
        boolean none = count[slot] == 0;
        if (source.first()) {
            count[slot]++;
        }
        switch (quantity.merge) {
            case SUM, MEAN -> value[slot] += number;
            case MIN -> value[slot] = none ? number : Math.min(value[slot], number);
            case MAX -> value[slot] = none ? number : Math.max(value[slot], number);
            case LATEST -> {
                if (none || sampleValue >= latest[slot]) {
                    latest[slot] = sampleValue;
                    value[slot] = number;
                }
            }
        }
    }

    private void addNames(int slot, SampleLabels labels, int label, double sampleValue) {
        if (count[slot]++ == 0 || sampleValue >= latest[slot]) {
            latest[slot] = sampleValue;
            names[slot].take(labels, label);
        }
    }

    /** Whether the page had anything that was asked for. */
    boolean recognised() {
        return samples > 0;
    }

    /** Samples whose value cannot be: negative, infinite or not a number, over all pages. */
    long odd() {
        return odd;
    }

    /** What the page said. */
    EngineStats stats(long takenNanos) {
        double usage = number(Quantity.KV_USAGE);
        return EngineStats.at(takenNanos)
                .running(whole(Quantity.RUNNING))
                .waiting(whole(Quantity.WAITING))
                .kvUsage(usage < 0 ? Double.NaN : Math.min(1, usage))
                .blocks(whole(Quantity.BLOCK_SIZE), count(Quantity.KV_BLOCKS))
                .adapters(
                        whole(Quantity.MAX_ADAPTERS),
                        names(Quantity.RUNNING_ADAPTERS),
                        names(Quantity.WAITING_ADAPTERS))
                .asleep(number(Quantity.AWAKE) == 0)
                .prefixes(count(Quantity.PREFIX_QUERIES), count(Quantity.PREFIX_HITS))
                .preemptions(count(Quantity.PREEMPTIONS))
                .cache(cache())
                .build();
    }

    /** The one of the page before where nothing has changed. */
    private CacheConfig cache() {
        String scheme = first(Quantity.HASH_SCHEME);
        boolean reuses = !first(Quantity.PREFIX_CACHING).equals("False");
        if (!cache.hashScheme().equals(scheme) || cache.reuses() != reuses) {
            cache = scheme.isEmpty() && reuses ? CacheConfig.UNTOLD : new CacheConfig(scheme, reuses);
        }
        return cache;
    }

    /** The text of a label; empty where the page had none, or Python's word for none. */
    private String first(Quantity quantity) {
        var all = names(quantity);
        return all.isEmpty() || all.getFirst().equals("None") ? "" : all.getFirst();
    }

    /** What the page said of families that an operator names; empty where there are none. */
    Map<String, Double> attributes() {
        int[] slots = metrics.slotsOf(Quantity.ATTRIBUTE);
        if (slots.length == 0) {
            return Map.of();
        }
        var attributes = new HashMap<String, Double>();
        for (int slot : slots) {
            if (count[slot] > 0) {
                attributes.put(metrics.attributeOf(slot), value[slot]);
            }
        }
        return attributes;
    }

    /** The slot that counts, -1 if the page had none. */
    private int slot(Quantity quantity) {
        for (int slot : metrics.slotsOf(quantity)) {
            if (count[slot] > 0) {
                return slot;
            }
        }
        return -1;
    }

    /** Whether the page had it. */
    boolean has(Quantity quantity) {
        return slot(quantity) >= 0;
    }

    private double number(Quantity quantity) {
        int slot = slot(quantity);
        if (slot < 0) {
            return -1;
        }
        return quantity.merge == Quantity.Merge.MEAN ? value[slot] / count[slot] : value[slot];
    }

    private long count(Quantity quantity) {
        return Math.round(number(quantity));
    }

    private int whole(Quantity quantity) {
        return (int) Math.min(Integer.MAX_VALUE, count(quantity));
    }

    private List<String> names(Quantity quantity) {
        int slot = slot(quantity);
        return slot < 0 ? List.of() : names[slot].list();
    }
}
