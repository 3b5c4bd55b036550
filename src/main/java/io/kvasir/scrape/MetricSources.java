package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Families that an operator names for all engines, as older endpoint pickers have it: {@code family} or {@code
 * family{label=text}}. Each is looked for before those that ship with the program, which still count where a page does not
 * have it. Null stands for those that ship alone; an empty text means not to read the quantity at all.
 *
 * @param running sequences that run
 * @param waiting sequences that wait
 * @param kvUsage share of the KV cache in use
 * @param adapters with labels {@code max_lora}, {@code running_lora_adapters} and {@code waiting_lora_adapters}
 * @param cache with labels {@code block_size} or {@code page_size}, {@code num_gpu_blocks} or {@code num_pages}
 */
public record MetricSources(
        @Nullable String running,
        @Nullable String waiting,
        @Nullable String kvUsage,
        @Nullable String adapters,
        @Nullable String cache) {
    /** Those that ship. */
    public static final MetricSources SHIPPED = new MetricSources(null, null, null, null, null);

    private static final Pattern FAMILY = Pattern.compile("([A-Za-z_:][A-Za-z0-9_:]*)(\\{" + EngineMetricsFile.CONDITION
            + "(?:," + EngineMetricsFile.CONDITION + ")*})?");

    // spelled out, as what stands for it in a record is put together by the first request that needs it
    @Override
    public boolean equals(@Nullable Object that) {
        return that instanceof MetricSources other
                && Objects.equals(running, other.running)
                && Objects.equals(waiting, other.waiting)
                && Objects.equals(kvUsage, other.kvUsage)
                && Objects.equals(adapters, other.adapters)
                && Objects.equals(cache, other.cache);
    }

    @Override
    public int hashCode() {
        int hash = Objects.hashCode(running);
        hash = 31 * hash + Objects.hashCode(waiting);
        hash = 31 * hash + Objects.hashCode(kvUsage);
        hash = 31 * hash + Objects.hashCode(adapters);
        hash = 31 * hash + Objects.hashCode(cache);
        return hash;
    }

    /** One of the above, and what of it gives which quantity. */
    private record Source(@Nullable String family, List<Part> parts) {
        boolean off() {
            return family != null && family.isEmpty();
        }
    }

    /** @param label whose text is the value; null for the sample's value */
    private record Part(String quantity, @Nullable String label) {
        String line(String family) {
            Matcher matcher = FAMILY.matcher(family);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        quantity + ": " + family + "; allowed: FAMILY or FAMILY{LABEL=TEXT}");
            }
            String conditions = matcher.group(2) == null ? "" : matcher.group(2);
            return quantity + " " + matcher.group(1) + (label == null ? "" : "[" + label + "]") + conditions;
        }
    }

    /** Whether a text names a family in the way described, or is empty. */
    public static boolean names(String text) {
        return text.isEmpty() || FAMILY.matcher(text).matches();
    }

    private List<Source> sources() {
        return List.of(
                new Source(running, List.of(new Part("running", null))),
                new Source(waiting, List.of(new Part("waiting", null))),
                new Source(kvUsage, List.of(new Part("kv-usage", null))),
                new Source(
                        adapters,
                        List.of(
                                new Part("max-adapters", "max_lora"),
                                new Part("running-adapters", "running_lora_adapters"),
                                new Part("waiting-adapters", "waiting_lora_adapters"))),
                new Source(
                        cache,
                        List.of(
                                new Part("block-size", "block_size"),
                                new Part("block-size", "page_size"),
                                new Part("kv-blocks", "num_gpu_blocks"),
                                new Part("kv-blocks", "num_pages"))));
    }

    /**
     * The lines of {@code engine-metrics.txt} as they are with these families.
     *
     * @throws IllegalArgumentException for a text that {@link #names} none
     */
    Stream<String> over(Stream<String> shipped) {
        return over(shipped, Arrays.asList(EngineKind.values()));
    }

    /** The same for some kinds of engines only. */
    Stream<String> over(Stream<String> shipped, List<EngineKind> engines) {
        var first = new ArrayList<String>();
        for (var source : sources()) {
            if (source.family != null && !source.off()) {
                for (var part : source.parts) {
                    engines.stream()
                            .map(engine -> engine.label() + " " + part.line(source.family))
                            .forEach(first::add);
                }
            }
        }
        var off = Set.copyOf(sources().stream()
                .filter(Source::off)
                .flatMap(source -> source.parts.stream().map(Part::quantity))
                .toList());
        return Stream.concat(first.stream(), shipped.filter(line -> {
            String[] words = line.strip().split("\\s+", 3);
            return words.length < 2
                    || words[0].startsWith("#")
                    || !off.contains(words[1])
                    || engines.stream().noneMatch(engine -> engine.label().equals(words[0]));
        }));
    }
}
