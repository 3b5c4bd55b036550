package io.kvasir.schedule;

import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Set;

/**
 * Drops endpoints that sleep, are down, were ejected or said that they are too busy, as far as that leaves a third of
 * those awake: beyond it the least bad stay, since it is more likely then that the router is mistaken than that there is
 * nobody, and {@link FilterNotes#isHealthIgnored} says so. Those that refuse connections go in any case, unless nobody
 * else is left. Endpoints whose requests fail more often than their peers' are passed over by chance, as often as that is.
 */
public final class HealthFilter implements Filter {
    static final PluginType TYPE = PluginType.of(PluginKind.FILTER, "health-filter", (_, _) -> new HealthFilter());

    /** One of so many endpoints that are awake stays, whatever is believed of it. */
    private static final int STAYING = 3;

    private static final int GOOD = Standing.GOOD.ordinal();
    private static final int PRESSED = Standing.PRESSED.ordinal();
    private static final int REFUSED = Standing.REFUSED.ordinal();
    private static final int ASLEEP = Standing.values().length;

    private final boolean needed;

    /** For endpoints that answer: somebody has to. */
    public HealthFilter() {
        this(true);
    }

    /** @param needed whether somebody has to be left; else only those in good health are */
    HealthFilter(boolean needed) {
        this.needed = needed;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.STATS);
    }

    @Override
    public void filter(SchedulingContext context) {
        int size = context.size();
        int[] standings = context.order();
        int awake = 0;
        int good = 0;
        for (int i = 0; i < size; i++) {
            int standing = standing(context, i);
            standings[i] = standing;
            awake += standing == ASLEEP ? 0 : 1;
            good += standing == GOOD ? 1 : 0;
        }
        if (good == size) {
            return;
        }
        int least = needed ? (awake + STAYING - 1) / STAYING : 0;
        int kept = good;
        for (int standing = PRESSED; standing <= REFUSED && kept < Math.max(least, needed ? 1 : 0); standing++) {
            // those that refuse connections are no better for being kept, unless there is nobody else
            if (standing == REFUSED && kept > 0) {
                break;
            }
            int room = kept == 0 || standing == PRESSED ? size : least - kept;
            int admitted = admit(standings, size, standing, room);
            kept += admitted;
            if (admitted > 0 && standing > PRESSED) {
                context.notes().healthIgnored();
            }
        }
        context.retainPlaces(place -> standings[place] == GOOD);
    }

    private static int admit(int[] standings, int size, int standing, int room) {
        int admitted = 0;
        for (int i = 0; i < size && admitted < room; i++) {
            if (standings[i] == standing) {
                standings[i] = GOOD;
                admitted++;
            }
        }
        return admitted;
    }

    private static int standing(SchedulingContext context, int place) {
        if (context.page(place).asleep()) {
            return ASLEEP;
        }
        var health = context.candidate(place).health();
        int standing = health.standing(context.nowNanos()).ordinal();
        double excess = health.excess();
        return standing == GOOD && excess > 0 && context.random().nextDouble() < excess ? PRESSED : standing;
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.noneHealthy();
    }
}
