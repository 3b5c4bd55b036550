package io.kvasir.observe;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Replica;
import io.kvasir.schedule.PoolAdvice;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the log of endpoints that come, go, are down, ejected, asleep or slow, hang, come back, or cannot be read, each with
 * its cause, of models that the catalogue does not know and of what is unwise about the pool. What happens to many is told in one line, and of each kind there is one
 * line in {@value #QUIET_SECONDS} s at most; advice and unknown models are told once.
 */
public final class PoolLog implements PoolListener {
    /** How often {@link #sweep} should be called, in ms. */
    public static final int SWEEP_MILLIS = 1_000;

    static final int QUIET_SECONDS = 10;
    static final int MOST_NAMES = 10;
    private static final int MOST_TOLD = 256;
    /** Times as long as others like it from which an endpoint is told to be slow. */
    private static final double SLOW = 1.4;

    private static final Logger LOG = Logger.getLogger(PoolLog.class);

    /** What happens to an endpoint. */
    enum Event {
        APPEARED("appeared", false),
        LEFT("left", false),
        DOWN("are down and get no requests", true),
        EJECTED("are taken out for a while", true),
        BACK("get requests again", false),
        ASLEEP("sleep, as their engines say, and get no requests", true),
        AWAKE("are awake again", false),
        SLOW("take longer than others like them, and get less", true),
        EVEN("are no longer taken for slow", false),
        STILL("have begun no answer for long, though requests wait for one there", true),
        MOVING("begin answers again", false),
        PAGE_UNREADABLE("have a metrics page that cannot be read", true),
        PAGE_READABLE("have a metrics page that can be read again", false),
        MODELS_UNREADABLE(
                "have a list of models that cannot be read, so that names are passed to them unchecked", true),
        MODELS_READABLE("have a list of models that can be read again", false);

        private final String words;
        private final boolean warns;

        Event(String words, boolean warns) {
            this.words = words;
            this.warns = warns;
        }
    }

    /** What was not told yet of one kind of event. */
    private static final class Burst {
        private final List<String> names = new ArrayList<>();
        private int count;
        private long toldAt;
        private boolean told;
    }

    /** An endpoint as it was last looked at. */
    private static final class Seen {
        private Endpoint endpoint;
        private boolean out;
        private boolean down;
        private boolean asleep;
        private boolean slow;
        private boolean slowBefore;
        private boolean still;
        private boolean stillBefore;
        private @Nullable String page;
        private @Nullable String models;
        private @Nullable String pageBefore;
        private @Nullable String modelsBefore;

        Seen(Endpoint endpoint) {
            this.endpoint = endpoint;
        }
    }

    private final Pool pool;
    private final ModelCatalogue catalogue;
    private final Standstill standstill;
    private final BiConsumer<Boolean, String> out;
    private final Map<Replica, Seen> seen = new HashMap<>();
    private final Map<Event, Burst> bursts = new EnumMap<>(Event.class);
    private final Set<String> told = new HashSet<>();
    private long version = -1;
    private int settled;

    /** @param standstill how it is seen that an endpoint hangs */
    public PoolLog(Pool pool, ModelCatalogue catalogue, Standstill standstill) {
        this(
                pool,
                catalogue,
                standstill,
                (warns, line) -> LOG.log(warns ? Logger.Level.WARN : Logger.Level.INFO, line));
    }

    /** @param out takes lines, and whether they warn */
    PoolLog(Pool pool, ModelCatalogue catalogue, Standstill standstill, BiConsumer<Boolean, String> out) {
        this.pool = pool;
        this.catalogue = catalogue;
        this.standstill = standstill;
        this.out = out;
    }

    @Override
    public synchronized void added(Endpoint endpoint) {
        seen.put(endpoint.replica(), new Seen(endpoint));
        note(Event.APPEARED, endpoint, null);
    }

    @Override
    public synchronized void changed(Endpoint before, Endpoint after) {
        var known = seen.get(after.replica());
        if (known != null) {
            known.endpoint = after;
        }
    }

    @Override
    public synchronized void removed(Endpoint endpoint) {
        seen.remove(endpoint.replica());
        note(Event.LEFT, endpoint, null);
    }

    /** Looks at all endpoints and tells what is due. */
    public synchronized void sweep(long nowNanos) {
        seen.values().forEach(one -> look(one, nowNanos));
        bursts.forEach((event, burst) -> log(event, burst, nowNanos));
        advise();
    }

    private void look(Seen one, long nowNanos) {
        var endpoint = one.endpoint;
        lookAtHealth(one, nowNanos);
        if (one.down) {
            // an endpoint that is down cannot be read, which goes without saying
            return;
        }
        boolean asleep = endpoint.stats().asleep();
        if (asleep != one.asleep) {
            one.asleep = asleep;
            note(asleep ? Event.ASLEEP : Event.AWAKE, endpoint, null);
        }
        lookAtPace(one, nowNanos);
        lookForStandstill(one, nowNanos);
        String page = endpoint.pageProblem();
        if (isNews(one.page, page, one.pageBefore)) {
            one.page = page;
            note(page == null ? Event.PAGE_READABLE : Event.PAGE_UNREADABLE, endpoint, page);
        }
        one.pageBefore = page;
        String models = endpoint.knowledge().problem();
        if (isNews(one.models, models, one.modelsBefore)) {
            one.models = models;
            note(models == null ? Event.MODELS_READABLE : Event.MODELS_UNREADABLE, endpoint, models);
        }
        one.modelsBefore = models;
    }

    private void lookAtHealth(Seen one, long nowNanos) {
        var health = one.endpoint.health();
        switch (health.state()) {
            case DOWN -> {
                if (!one.down) {
                    boolean refuses = health.standing(nowNanos) == EndpointHealth.Standing.REFUSED;
                    note(Event.DOWN, one.endpoint, refuses ? "refuses connections" : "does not answer probes");
                }
                one.down = true;
                one.out = true;
            }
            case EJECTED -> {
                if (!one.out) {
                    note(Event.EJECTED, one.endpoint, "requests fail there that do not fail elsewhere");
                }
                one.down = false;
                one.out = true;
            }
            // it has yet to show that it serves
            case TRIAL -> one.down = false;
            case UNKNOWN, UP -> {
                if (one.out) {
                    note(Event.BACK, one.endpoint, null);
                }
                one.down = false;
                one.out = false;
            }
        }
    }

    /** Slow is told at the second look, and no more until it is well again. */
    private void lookAtPace(Seen one, long nowNanos) {
        double factor = one.endpoint.pace().factor(nowNanos);
        boolean slow = one.slow ? factor > 1 : factor >= SLOW;
        if (slow && one.slowBefore && !one.slow) {
            one.slow = true;
            note(Event.SLOW, one.endpoint, String.format(Locale.ROOT, "%.1f times", factor));
        } else if (!slow && one.slow) {
            one.slow = false;
            note(Event.EVEN, one.endpoint, null);
        }
        one.slowBefore = slow;
    }

    /** Told at the second look; over when nothing is awaited for too long any more. */
    private void lookForStandstill(Seen one, long nowNanos) {
        double seconds = standstill.seconds(one.endpoint, nowNanos);
        boolean still = seconds > 0;
        if (still && one.stillBefore && !one.still) {
            one.still = true;
            note(Event.STILL, one.endpoint, String.format(Locale.ROOT, "%.0f s", seconds));
        } else if (!still && one.still) {
            one.still = false;
            note(Event.MOVING, one.endpoint, null);
        }
        one.stillBefore = still;
    }

    /** A problem is news when it was there at two looks: one that is about to be ejected is not unreadable first. */
    private static boolean isNews(@Nullable String told, @Nullable String now, @Nullable String before) {
        return now == null ? told != null : !now.equals(told) && now.equals(before);
    }

    private void note(Event event, Endpoint endpoint, @Nullable String reason) {
        var burst = bursts.computeIfAbsent(event, _ -> new Burst());
        burst.count++;
        if (burst.names.size() < MOST_NAMES) {
            burst.names.add(endpoint.spec().name() + (reason == null ? "" : " (" + reason + ")"));
        }
    }

    private void log(Event event, Burst burst, long nowNanos) {
        if (burst.count == 0 || burst.told && nowNanos - burst.toldAt < QUIET_SECONDS * 1_000_000_000L) {
            return;
        }
        int more = burst.count - burst.names.size();
        out.accept(
                event.warns,
                (burst.count == 1 ? "1 endpoint: " : burst.count + " endpoints: ") + event.words + ": "
                        + String.join(", ", burst.names)
                        + (more > 0 ? " and " + more + " more" : ""));
        burst.count = 0;
        burst.names.clear();
        burst.told = true;
        burst.toldAt = nowNanos;
    }

    /** Once the pool has not changed for two looks. */
    private void advise() {
        var snapshot = pool.snapshot();
        if (snapshot.version() != version) {
            version = snapshot.version();
            settled = 0;
            return;
        }
        if (settled++ < 2 || told.size() >= MOST_TOLD) {
            return;
        }
        for (var endpoint : snapshot.endpoints()) {
            String model = endpoint.baseModel();
            if (model != null && !catalogue.lists(model) && once(model)) {
                out.accept(
                        true,
                        model
                                + " is not in the model catalogue: its speed is guessed from the size in its name, else as of"
                                + " 8 billion weights");
            }
        }
        for (var advice : PoolAdvice.of(snapshot.endpoints(), catalogue)) {
            if (once(advice.text())) {
                out.accept(true, (advice.endpoint() == null ? "" : advice.endpoint() + ": ") + advice.text());
            }
        }
    }

    private boolean once(String text) {
        return told.size() < MOST_TOLD && told.add(text);
    }
}
