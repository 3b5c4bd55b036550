package io.kvasir.admission.flow;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Requests of one tenant that fit the same endpoints, in the order in which they are served. Guarded by the lock of the queue. */
final class Line {
    /** Least served tenant first. */
    static final Comparator<Line> ORDER = Line::compare;

    private final Tenant tenant;
    private final Lane lane;
    private final TreeSet<Held> requests = new TreeSet<>(Held.ORDER);
    private double key;

    Line(Tenant tenant, Lane lane) {
        this.tenant = tenant;
        this.lane = lane;
    }

    private static int compare(Line one, Line other) {
        int by = Double.compare(one.key, other.key);
        return by != 0 ? by : Long.compare(one.tenant.number(), other.tenant.number());
    }

    Tenant tenant() {
        return tenant;
    }

    Lane lane() {
        return lane;
    }

    Fit fit() {
        return lane.fit();
    }

    NavigableSet<Held> requests() {
        return requests;
    }

    /** What its tenant had been served when it was put into order. */
    double key() {
        return key;
    }

    /** Takes its place among the lines of its lane, where it must not stand. */
    void sort() {
        key = tenant.service();
        lane.lines().add(this);
    }
}
