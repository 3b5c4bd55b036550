package io.kvasir.admission.flow;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bands by priority and their tenants, both bounded. Found by any thread without a lock, made under one of its own.
 */
final class Bands {
    /** Who shares an account where as many tenants as are told apart are busy. */
    static final String OTHERS = "(others)";

    private static final long IN_USE_NANOS = 60_000_000_000L;
    private static final int MOST_STEPS = 6;

    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger tenants = new AtomicInteger();
    private volatile Band[] byPriority = new Band[0];
    private volatile FlowSettings settings;

    Bands(FlowSettings settings) {
        this.settings = settings;
    }

    FlowSettings settings() {
        return settings;
    }

    synchronized void settings(FlowSettings next) {
        settings = next;
        for (var band : byPriority) {
            band.settings(next.band(band.priority()));
        }
        weigh(byPriority);
    }

    /** All there are, the highest first. */
    Band[] all() {
        return byPriority;
    }

    /** The band of that priority; the nearest lower one, or the lowest, where there are enough. */
    Band of(int priority, long nowNanos) {
        var band = find(byPriority, priority);
        if (band == null) {
            band = create(priority, nowNanos);
        }
        band.asked(nowNanos);
        return band;
    }

    private static @Nullable Band find(Band[] bands, int priority) {
        for (var band : bands) {
            if (band.priority() == priority) {
                return band;
            }
        }
        return null;
    }

    private synchronized Band create(int priority, long nowNanos) {
        var now = byPriority;
        var again = find(now, priority);
        if (again != null) {
            return again;
        }
        if (now.length >= FlowSettings.MOST_BANDS) {
            for (var band : now) {
                if (band.priority() < priority) {
                    return band;
                }
            }
            return now[now.length - 1];
        }
        var more = Arrays.copyOf(now, now.length + 1);
        more[now.length] = new Band(priority, settings.band(priority), nowNanos);
        Arrays.sort(more, Comparator.comparingInt(Band::priority).reversed());
        weigh(more);
        int index = indexOf(more, priority);
        if (index > 0) {
            more[index].below(more[index - 1]);
        }
        byPriority = more;
        return more[index];
    }

    private static int indexOf(Band[] bands, int priority) {
        int i = 0;
        while (bands[i].priority() != priority) {
            i++;
        }
        return i;
    }

    private static void weigh(Band[] bands) {
        for (int i = bands.length - 1, step = 0; i >= 0; i--, step++) {
            double said = bands[i].settings().weight();
            bands[i].weight(said > 0 ? said : Math.pow(BandSettings.STEP, Math.min(step, MOST_STEPS)));
        }
    }

    /** Whether no higher band is in use. */
    boolean highest(Band band, long nowNanos) {
        for (var other : byPriority) {
            if (other.priority() <= band.priority()) {
                return true;
            }
            if (inUse(other, nowNanos)) {
                return false;
            }
        }
        return true;
    }

    private static boolean inUse(Band band, long nowNanos) {
        return band.waiting() > 0 || nowNanos - band.askedNanos() < IN_USE_NANOS;
    }

    /**
     * Whether requests of all higher bands wait that are in use, and of one at least. Where those of one do not, that one is
     * to find room when they come; under the lock of the queue.
     */
    boolean higherWait(Band band, long nowNanos) {
        boolean any = false;
        for (var other : byPriority) {
            if (other.priority() <= band.priority()) {
                return any;
            }
            boolean waits = other.waits(nowNanos);
            if (!waits && inUse(other, nowNanos)) {
                return false;
            }
            any |= waits;
        }
        return any;
    }

    /** The tenant of that name in a band. */
    Tenant tenant(Band band, String id) {
        var tenant = band.tenants().get(id);
        return tenant != null ? tenant : createTenant(band, id);
    }

    private synchronized Tenant createTenant(Band band, String id) {
        var again = band.tenants().get(id);
        if (again != null) {
            return again;
        }
        boolean room = tenants.get() < settings.tenants() || forgetOne();
        if (!room && !id.equals(OTHERS)) {
            return createTenant(band, OTHERS);
        }
        tenants.incrementAndGet();
        var tenant = new Tenant(band, id, numbers.incrementAndGet());
        band.tenants().put(id, tenant);
        return tenant;
    }

    /** Forgets the one of those with nothing here that has been served least. */
    private boolean forgetOne() {
        Tenant least = null;
        for (var band : byPriority) {
            for (var tenant : band.tenants().values()) {
                if (tenant.idle() && (least == null || tenant.service() < least.service())) {
                    least = tenant;
                }
            }
        }
        if (least == null) {
            return false;
        }
        least.band().tenants().remove(least.id());
        tenants.decrementAndGet();
        return true;
    }

    /** How many tenants there are, in all bands. */
    int tenants() {
        return tenants.get();
    }

    /** Has all tenants count what they were charged. */
    void fold(double growth) {
        for (var band : byPriority) {
            for (var tenant : band.tenants().values()) {
                tenant.fold(growth);
            }
        }
    }

    /** Makes all amounts smaller. */
    void rebase(double factor) {
        for (var band : byPriority) {
            for (Map.Entry<String, Tenant> entry : band.tenants().entrySet()) {
                entry.getValue().rebase(factor);
            }
        }
    }
}
