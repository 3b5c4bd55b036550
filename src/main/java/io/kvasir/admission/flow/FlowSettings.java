package io.kvasir.admission.flow;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How flow control works.
 *
 * @param holdSeconds predicted seconds until an endpoint would start with a request, from which on it is held instead: for
 *     the highest priority in use
 * @param lowerHoldSeconds the same for all lower ones: what they may put before a request that matters more
 * @param headroom share of an endpoint's sequences and KV tokens that lower priorities leave free for higher ones, 0 to 0.9
 * @param strict whether a higher band is always served before a lower one, but for the {@code reserve}; else bands share by
 *     weight
 * @param reserve share of service, 0 to 0.5, that goes to requests that have waited for more than {@code promotion} of what
 *     they may, whatever their band
 * @param promotion share of a request's longest wait after which the reserve is for it, above 0, at most 1
 * @param noEndpointSeconds for which a request waits at most while the pool has no endpoint at all
 * @param limits what may wait in all
 * @param priorities bands by priority that are not as others
 * @param unlisted all other bands from priority 0
 * @param negative all other bands below 0
 * @param halfLifeSeconds in which half of what a tenant was served is forgotten
 * @param tenants that are told apart at most, in all bands together
 * @param sessions that are told apart at most
 * @param eviction whether requests of negative priority that are in flight may be asked to make room
 * @param evictBegun whether also those whose answer has begun to be computed
 */
public record FlowSettings(
        double holdSeconds,
        double lowerHoldSeconds,
        double headroom,
        boolean strict,
        double reserve,
        double promotion,
        double noEndpointSeconds,
        Limits limits,
        SortedMap<Integer, BandSettings> priorities,
        BandSettings unlisted,
        BandSettings negative,
        double halfLifeSeconds,
        int tenants,
        int sessions,
        boolean eviction,
        boolean evictBegun) {

    /** Bands that are told apart; a priority beyond them is served with the nearest lower one. */
    public static final int MOST_BANDS = 32;

    /** What is used where nothing is configured. */
    public static final FlowSettings DEFAULT = new FlowSettings(
            0.5,
            0.05,
            0.1,
            false,
            0.1,
            0.5,
            120,
            Limits.NONE,
            new TreeMap<>(),
            BandSettings.DEFAULT,
            BandSettings.DEFAULT,
            60,
            1_024,
            4_096,
            false,
            false);

    /** @throws IllegalArgumentException with key, bad value and allowed ones */
    public FlowSettings {
        Settings.seconds("hold", holdSeconds, 1e-3, 600);
        Settings.seconds("lowerHold", lowerHoldSeconds, 1e-3, 600);
        Settings.seconds("headroom", headroom, 0, 0.9);
        Settings.seconds("reserve", reserve, 0, 0.5);
        Settings.seconds("promotion", promotion, 1e-3, 1);
        Settings.seconds("noEndpointWait", noEndpointSeconds, 1e-3, BandSettings.MOST_SECONDS);
        Settings.seconds("halfLife", halfLifeSeconds, 1, BandSettings.MOST_SECONDS);
        Settings.positive("tenants", tenants);
        Settings.positive("sessions", sessions);
        if (priorities.size() > MOST_BANDS) {
            throw Settings.bad("bands", Integer.toString(priorities.size()), "at most " + MOST_BANDS);
        }
        priorities = new TreeMap<>(Map.copyOf(priorities));
    }

    /** How requests of that priority are served. */
    public BandSettings band(int priority) {
        var listed = priorities.get(priority);
        return listed != null ? listed : priority < 0 ? negative : unlisted;
    }

    /** The same with such a band. */
    public FlowSettings withBand(int priority, BandSettings band) {
        var more = new TreeMap<>(priorities);
        more.put(priority, band);
        return new FlowSettings(
                holdSeconds,
                lowerHoldSeconds,
                headroom,
                strict,
                reserve,
                promotion,
                noEndpointSeconds,
                limits,
                more,
                unlisted,
                negative,
                halfLifeSeconds,
                tenants,
                sessions,
                eviction,
                evictBegun);
    }

    /** The same with such holds, in seconds. */
    public FlowSettings withHold(double highest, double lower) {
        return new FlowSettings(
                highest,
                lower,
                headroom,
                strict,
                reserve,
                promotion,
                noEndpointSeconds,
                limits,
                priorities,
                unlisted,
                negative,
                halfLifeSeconds,
                tenants,
                sessions,
                eviction,
                evictBegun);
    }
}
