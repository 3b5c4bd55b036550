package io.kvasir.check;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects findings from any thread; those of one subject stand together, in the order in which they were made. */
final class Findings {
    private static final int LONGEST_TEXT = 1000;

    private final InstantSource clock;
    private final Map<String, List<Finding>> bySubject = new LinkedHashMap<>();

    Findings(InstantSource clock) {
        this.clock = clock;
    }

    /** Keeps a place for what will be found about it. */
    synchronized void expect(String subject) {
        bySubject.putIfAbsent(subject, new ArrayList<>());
    }

    synchronized void add(Severity severity, String subject, String topic, String text) {
        String oneLine = text.replaceAll("\\p{Cntrl}+", " ").strip();
        String shown = oneLine.length() > LONGEST_TEXT ? oneLine.substring(0, LONGEST_TEXT) + "…" : oneLine;
        bySubject
                .computeIfAbsent(subject, _ -> new ArrayList<>())
                .add(new Finding(clock.instant(), severity, subject, topic, shown));
    }

    synchronized List<Finding> all() {
        return bySubject.values().stream().flatMap(List::stream).toList();
    }

    synchronized long count(Severity severity) {
        return all().stream().filter(finding -> finding.severity() == severity).count();
    }
}
