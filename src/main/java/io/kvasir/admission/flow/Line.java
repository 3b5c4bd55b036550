package io.kvasir.admission.flow;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Requests of one tenant that fit the same endpoints, in the order in which they are served. Guarded by the lock of the queue. */
final class Line {
    /** Least served tenant first. */
    static final Comparator<Line> ORDER =
            Comparator.<Line>comparingDouble(line -> line.key).thenComparingLong(line -> line.tenant.number());

    private final Tenant tenant;
    private final Lane lane;
    private final TreeSet<Held> requests = new TreeSet<>(Held.ORDER);
    private double key;

    Line(Tenant tenant, Lane lane) {
        this.tenant = tenant;
        this.lane = lane;
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
