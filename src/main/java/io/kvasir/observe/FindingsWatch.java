package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks now and then for what is wrong, so that the metrics page counts it by kind, and the log tells of what nothing else
 * tells it of: once when it was there at two looks, once when it is over, and of each kind a line in {@value #QUIET_SECONDS} s
 * at most.
 */
public final class FindingsWatch implements Metered {
    /** Time between two looks, in ns. */
    public static final long BETWEEN_LOOKS_NANOS = 2_000_000_000L;

    static final int QUIET_SECONDS = 30;
    static final int MOST_NAMES = 10;

    /** Kinds of which the log is told here; of others it is told where they arise, or they are for information. */
    private static final Set<String> TOLD_HERE = Set.of(
            "cache-belief",
            "flood",
            "foreign-load",
            "hit-drift",
            "kv-events",
            "page-frozen",
            "page-stale",
            "phantom-load",
            "pressed",
            "slower-than-catalogue");

    private static final Pattern NUMBER = Pattern.compile("[0-9][0-9.]*");
    private static final Logger LOG = Logger.getLogger(FindingsWatch.class);

    /** What is known of one kind. */
    private static final class Kind {
        /** By what it is about. */
        private Map<String, Finding> before = Map.of();

        /** With the words that were told. */
        private final Map<String, String> told = new TreeMap<>();

        private boolean toldOnce;
        private long toldAt;
    }

    private final Findings findings;
    private final BiConsumer<Boolean, String> log;
    private final Map<String, Kind> kinds = new TreeMap<>();
    /** By kind, of the last look; those that were there before with 0. */
    private volatile Map<String, Integer> counts = Map.of();

    /** @param findings of the page too, which so tells whoever asks once of what shows at several looks only */
    public FindingsWatch(Findings findings) {
        this(findings, (warns, line) -> LOG.log(warns ? Logger.Level.WARN : Logger.Level.INFO, line));
    }

    /** @param log takes whether a line warns, and the line */
    FindingsWatch(Findings findings, BiConsumer<Boolean, String> log) {
        this.findings = findings;
        this.log = log;
    }

    /** Looks at everything and tells what is due; to be called each {@link #BETWEEN_LOOKS_NANOS}. */
    public synchronized void look(long nowNanos) {
        var found = new HashMap<String, Map<String, Finding>>();
        var counted = new TreeMap<>(counts);
        counted.replaceAll((_, _) -> 0);
        for (var one : findings.each()) {
            counted.merge(one.code(), 1, Integer::sum);
            if (TOLD_HERE.contains(one.code())) {
                found.computeIfAbsent(one.code(), _ -> new TreeMap<>()).putIfAbsent(one.about(), one);
            }
        }
        counts = Map.copyOf(counted);
        found.keySet().forEach(code -> kinds.computeIfAbsent(code, _ -> new Kind()));
        kinds.forEach((code, kind) -> look(code, kind, found.getOrDefault(code, Map.of()), nowNanos));
    }

    private void look(String code, Kind kind, Map<String, Finding> now, long nowNanos) {
        var before = kind.before;
        kind.before = now;
        if (kind.toldOnce && nowNanos - kind.toldAt < QUIET_SECONDS * 1_000_000_000L) {
            return;
        }
        var begun = now.keySet().stream()
                .filter(who -> before.containsKey(who) && !words(now.get(who)).equals(kind.told.get(who)))
                .filter(who -> words(now.get(who)).equals(words(before.get(who))))
                .toList();
        var over = kind.told.keySet().stream()
                .filter(who -> !before.containsKey(who) && !now.containsKey(who))
                .toList();
        if (begun.isEmpty() && over.isEmpty()) {
            return;
        }
        if (!begun.isEmpty()) {
            tell(code, begun, now);
        }
        if (!over.isEmpty()) {
            String names = names(over);
            log.accept(false, code + (names.isEmpty() ? ": over" : ": over for " + names));
        }
        begun.forEach(who -> kind.told.put(who, words(now.get(who))));
        over.forEach(kind.told::remove);
        kind.toldOnce = true;
        kind.toldAt = nowNanos;
    }

    /** What is said of it but for numbers, which differ from look to look. */
    private static String words(@Nullable Finding finding) {
        return finding == null ? "" : NUMBER.matcher(finding.what()).replaceAll("");
    }

    private void tell(String code, List<String> begun, Map<String, Finding> now) {
        var first = Objects.requireNonNull(now.get(begun.getFirst()));
        String more = names(begun.subList(1, begun.size()));
        log.accept(
                !first.severity().equals(Finding.INFO),
                code + ": " + (first.endpoint() == null ? "" : first.endpoint() + " ") + first.what() + "; "
                        + first.advice() + (more.isEmpty() ? "" : "; likewise " + more));
    }

    private static String names(List<String> who) {
        var names = new ArrayList<>(who.subList(0, Math.min(MOST_NAMES, who.size())));
        names.remove("");
        int more = who.size() - MOST_NAMES;
        return String.join(", ", names) + (more > 0 ? " and " + more + " more" : "");
    }

    @Override
    public void describe(MetricSink sink) {
        new TreeMap<>(counts)
                .forEach((code, count) -> sink.gauge(
                        "kvasir_findings",
                        "What is wrong now, by kind, as /api/findings tells it; endpoints count for each kind.",
                        count,
                        "code",
                        code));
    }
}
