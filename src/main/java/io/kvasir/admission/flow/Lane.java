package io.kvasir.admission.flow;

import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Requests of one band that fit the same endpoints: a line for each tenant. Guarded by the lock of the queue. */
final class Lane {
    private final Fit fit;
    private final TreeSet<Line> lines = new TreeSet<>(Line.ORDER);

    Lane(Fit fit) {
        this.fit = fit;
    }

    Fit fit() {
        return fit;
    }

    /** Those that are not empty, the least served tenant's first. */
    NavigableSet<Line> lines() {
        return lines;
    }

    /** Puts its lines into order anew. */
    void sort() {
        var all = List.copyOf(lines);
        lines.clear();
        all.forEach(Line::sort);
    }
}
