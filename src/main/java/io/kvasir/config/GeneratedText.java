package io.kvasir.config;

import io.kvasir.config.NamedPlugins.Named;
import io.kvasir.config.SchedulingProfiles.Member;
import io.kvasir.schedule.Filter;
import io.kvasir.schedule.Scorer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The configurations that KServe's controller writes for every service that brings none: known by what they say, whatever
 * order, spelling or version they are written in. What a service adds to say how engines are read changes nothing.
 */
final class GeneratedText {
    private static final String PREFIX = "prefix-cache-scorer 3.0";
    private static final Set<String> AGGREGATED = Set.of(
            "queue-scorer 2.0", "kv-cache-utilization-scorer 2.0", PREFIX, "no-hit-lru-scorer 2.0", "max-score-picker");
    private static final String ADAPTERS = "lora-affinity-scorer 4.0";
    private static final Set<String> PREFILL =
            Set.of("prefill-filter", PREFIX, "queue-scorer 2.0", "kv-cache-utilization-scorer 2.0", "max-score-picker");
    private static final Set<String> DECODE =
            Set.of("decode-filter", "active-request-scorer 2.0", PREFIX, "max-score-picker");

    private GeneratedText() {}

    static boolean is(Collection<Named> plugins, Map<String, List<Member>> profiles) {
        boolean tuned = plugins.stream()
                .anyMatch(named -> !named.parameters().isEmpty()
                        && (named.plugin() instanceof Filter || named.plugin() instanceof Scorer));
        if (tuned) {
            return false;
        }
        var said = profiles.values().stream().map(GeneratedText::said).toList();
        return switch (said.size()) {
            case 1 -> {
                var only = new TreeSet<>(said.getFirst());
                only.remove(ADAPTERS);
                yield only.equals(AGGREGATED);
            }
            case 2 -> said.contains(PREFILL) && said.contains(DECODE);
            default -> false;
        };
    }

    private static Set<String> said(List<Member> members) {
        var said = new TreeSet<String>();
        for (var member : members) {
            boolean weighs = member.plugin().plugin() instanceof Scorer;
            said.add(member.plugin().type() + (weighs ? " " + member.weight() : ""));
        }
        return said;
    }
}
