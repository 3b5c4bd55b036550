package io.kvasir.admission.flow;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How flow control works.
 *
 * @param holdSeconds predicted seconds until an endpoint would start with a request, from which on it is held instead: for
 *     the highest priority in use
 * @param lowerHoldSeconds the same for all lower ones: what they may put before a request that matters more; 0 for what an
 *     engine's step takes
 * @param headroom share of an endpoint's sequences and KV tokens that lower priorities leave free for higher ones, 0 to 0.9
 * @param keepFree whether endpoints are kept free of what matters less, as many as those that matter more are likely to ask
 *     for meanwhile
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
        boolean keepFree,
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
            0,
            0.1,
            true,
            false,
            0.1,
            0.5,
            120,
            Limits.NONE,
            new TreeMap<>(),
            BandSettings.DEFAULT,
            BandSettings.NEGATIVE,
            60,
            1_024,
            4_096,
            false,
            false);

    /** @throws IllegalArgumentException with key, bad value and allowed ones */
    public FlowSettings {
        Settings.seconds("hold", holdSeconds, 1e-3, 600);
        if (lowerHoldSeconds != 0 && !(lowerHoldSeconds >= 1e-3 && lowerHoldSeconds <= 600)) {
            throw Settings.bad("lowerHold", Double.toString(lowerHoldSeconds), "0, or 0.001 to 600.0");
        }
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

    /** What begins as these and is to be changed. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The same with such a band. */
    public FlowSettings withBand(int priority, BandSettings band) {
        return toBuilder().band(priority, band).build();
    }

    /** Makes settings that differ from others in some things. */
    public static final class Builder {
        private double holdSeconds;
        private double lowerHoldSeconds;
        private double headroom;
        private boolean keepFree;
        private boolean strict;
        private double reserve;
        private double promotion;
        private double noEndpointSeconds;
        private Limits limits;
        private SortedMap<Integer, BandSettings> priorities;
        private BandSettings unlisted;
        private BandSettings negative;
        private double halfLifeSeconds;
        private int tenants;
        private int sessions;
        private boolean eviction;
        private boolean evictBegun;

        private Builder(FlowSettings from) {
            holdSeconds = from.holdSeconds;
            lowerHoldSeconds = from.lowerHoldSeconds;
            headroom = from.headroom;
            keepFree = from.keepFree;
            strict = from.strict;
            reserve = from.reserve;
            promotion = from.promotion;
            noEndpointSeconds = from.noEndpointSeconds;
            limits = from.limits;
            priorities = from.priorities;
            unlisted = from.unlisted;
            negative = from.negative;
            halfLifeSeconds = from.halfLifeSeconds;
            tenants = from.tenants;
            sessions = from.sessions;
            eviction = from.eviction;
            evictBegun = from.evictBegun;
        }

        /** Both holds, in seconds; a lower one of 0 is a step of the engine. */
        public Builder hold(double highest, double lower) {
            holdSeconds = highest;
            lowerHoldSeconds = lower;
            return this;
        }

        /** See {@link FlowSettings#headroom}. */
        public Builder headroom(double share) {
            headroom = share;
            return this;
        }

        /** See {@link FlowSettings#keepFree}. */
        public Builder keepFree(boolean kept) {
            keepFree = kept;
            return this;
        }

        /** See {@link FlowSettings#strict}. */
        public Builder strict(boolean always) {
            strict = always;
            return this;
        }

        /** See {@link FlowSettings#reserve}. */
        public Builder reserve(double share) {
            reserve = share;
            return this;
        }

        /** See {@link FlowSettings#promotion}. */
        public Builder promotion(double share) {
            promotion = share;
            return this;
        }

        /** See {@link FlowSettings#noEndpointSeconds}. */
        public Builder noEndpointSeconds(double seconds) {
            noEndpointSeconds = seconds;
            return this;
        }

        /** See {@link FlowSettings#limits}. */
        public Builder limits(Limits inAll) {
            limits = inAll;
            return this;
        }

        /** See {@link FlowSettings#priorities}. */
        public Builder priorities(SortedMap<Integer, BandSettings> listed) {
            priorities = listed;
            return this;
        }

        /** One more band that is listed. */
        public Builder band(int priority, BandSettings band) {
            priorities = new TreeMap<>(priorities);
            priorities.put(priority, band);
            return this;
        }

        /** All that are not listed: from priority 0, and below. */
        public Builder otherBands(BandSettings nonNegative, BandSettings below) {
            unlisted = nonNegative;
            negative = below;
            return this;
        }

        /** See {@link FlowSettings#halfLifeSeconds}. */
        public Builder halfLifeSeconds(double seconds) {
            halfLifeSeconds = seconds;
            return this;
        }

        /** How many tenants and sessions are told apart. */
        public Builder toldApart(int mostTenants, int mostSessions) {
            tenants = mostTenants;
            sessions = mostSessions;
            return this;
        }

        /** Whether those in flight may be asked to make room, and whether also once their answer has begun. */
        public Builder eviction(boolean wanted, boolean alsoBegun) {
            eviction = wanted;
            evictBegun = alsoBegun;
            return this;
        }

        /**
         * Makes them.
         *
         * @throws IllegalArgumentException with key, bad value and allowed ones
         */
        public FlowSettings build() {
            return new FlowSettings(
                    holdSeconds,
                    lowerHoldSeconds,
                    headroom,
                    keepFree,
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
}
