package io.kvasir.load.replay;

import java.util.List;

/** When the metrics pages of replicas are read: at intervals, rarer from idle ones, and sooner where a decision would have it. */
final class MetricsPages {
    private final ReplaySettings settings;
    private final List<SimulatedReplica> replicas;
    private final Agenda agenda;

    MetricsPages(ReplaySettings settings, List<SimulatedReplica> replicas, Agenda agenda) {
        this.settings = settings;
        this.replicas = replicas;
        this.agenda = agenda;
    }

    /** Has a replica's page read from the start on. */
    void begin(int place) {
        at(place, slot(place, VirtualClock.START, settings.pageSeconds()));
    }

    /** Whether its page is to be read now: it may have been put off or forward since it was planned. */
    boolean due(int place, long now) {
        return replicas.get(place).pageAt == now;
    }

    /** A replica has something to do from now on. */
    void working(int place, long now) {
        var replica = replicas.get(place);
        if (!replica.working) {
            replica.working = true;
            at(place, Math.min(replica.pageAt, slot(place, now, settings.pageSeconds())));
        }
    }

    /** Reads a page of a replica all of whose steps until now are made, as all routers do. */
    void read(int place, List<RoutedPool> routers, long now) {
        var replica = replicas.get(place);
        var page = replica.page(now);
        replica.working = page.running() + page.waiting() > 0;
        for (var router : routers) {
            var endpoint = router.endpoint(place);
            endpoint.report(page);
            replica.working |= endpoint.load().requests() > 0;
        }
        at(place, slot(place, now, replica.working ? settings.pageSeconds() : settings.idlePageSeconds()));
    }

    /** Has a page read at that time, if it would be later. */
    void soon(int place, long time) {
        if (replicas.get(place).pageAt > time) {
            at(place, time);
        }
    }

    private void at(int place, long time) {
        var replica = replicas.get(place);
        if (time != replica.pageAt) {
            replica.pageAt = time;
            agenda.add(time, Event.PAGE.of(place));
        }
    }

    /** The next time in a grid that is shifted by the replica's place, so that pages are spread. */
    private long slot(int place, long now, double interval) {
        long nanos = Math.max(1, Math.round(interval * 1e9));
        long shift = nanos / replicas.size() * place;
        return now + nanos - Math.floorMod(now - shift, nanos);
    }
}
