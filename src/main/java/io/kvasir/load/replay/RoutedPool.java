package io.kvasir.load.replay;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.HardwareClass;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.PrefixView;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Profiles;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The router of a run with all that it knows: its pool, its beliefs about caches and hardware, its time model. */
final class RoutedPool {
    private final PrefixView view;
    private final Pool pool;
    private final ReplayArm.Chooser chooser;
    private final Router router;
    private final @Nullable FlowControl queue;

    /**
     * @param number which of the run's routers it is, from 0
     * @param truth for arms that are references
     * @param ageing told of endpoints whose page a decision would have newer
     */
    RoutedPool(
            ReplayRun run,
            int number,
            List<SimulatedReplica> replicas,
            VirtualClock clock,
            Truth truth,
            Consumer<Endpoint> ageing) {
        var seeds = new SplittableRandom(run.seed() * 0x9E3779B97F4A7C15L + 1 + number * 0xD1342543DE82EF95L);
        view = new ApproximateView(ApproximateView.Settings.DEFAULT, clock, seeds.nextLong());
        pool = new Pool(catalogue(run.pool().distortion(), run.seed()));
        var time = run.arm().time(ModelCatalogue.load());
        var context = new ArmContext(time, seeds.split(), truth);
        chooser = run.arm().start(context);
        router = router(time, clock, ageing, seeds);
        queue = queue(run.flow(), time, clock, seeds);
        pool.apply(replicas.stream()
                .map(replica -> replica.spec(run.pool().modelName()))
                .toList());
        for (var endpoint : pool.snapshot().endpoints()) {
            view.capacity(endpoint.tenancy(), endpoint.kvTokens());
        }
    }

    private @Nullable FlowControl queue(
            @Nullable FlowSettings flow, TimeModel time, VirtualClock clock, SplittableRandom seeds) {
        if (flow == null) {
            return null;
        }
        long fresh = RouterSettings.DEFAULT.freshness().toNanos();
        var waits = new FlowControl(flow, pool, time, fresh, clock, seeds::split);
        router.admission(waits);
        return waits;
    }

    /** Looks after what waits. */
    void tick() {
        if (queue != null) {
            queue.tick();
        }
    }

    private Router router(TimeModel time, VirtualClock clock, Consumer<Endpoint> ageing, SplittableRandom seeds) {
        var profile = chooser.profile();
        var profiles = new Profiles(profile, new Pairing(new PdDecider.Never(), profile, time, false), null);
        return new Router(pool, view, time, profiles, RouterSettings.DEFAULT, ageing, clock, seeds::split);
    }

    /** The catalogue, each class of which is believed faster or slower by the factor, computing and memory apart. */
    static HardwareCatalogue catalogue(double distortion, long seed) {
        var shipped = HardwareCatalogue.load();
        return distortion == 1 ? shipped : shipped.changed(hardware -> distorted(hardware, distortion, seed));
    }

    private static HardwareClass distorted(HardwareClass hardware, double factor, long seed) {
        var random = new SplittableRandom(seed ^ (hardware.name().hashCode() * 0x9E3779B97F4A7C15L));
        return new HardwareClass(
                hardware.name(),
                hardware.vendor(),
                hardware.memoryBytes(),
                hardware.bandwidth() * (random.nextBoolean() ? factor : 1 / factor),
                hardware.flops() * (random.nextBoolean() ? factor : 1 / factor),
                hardware.stepSeconds(),
                hardware.basis());
    }

    Router router() {
        return router;
    }

    ReplayArm.Chooser chooser() {
        return chooser;
    }

    Endpoint endpoint(int place) {
        return pool.snapshot().at(place);
    }

    /** Ages what is believed of caches, as the program does every few seconds. */
    void sweep() {
        view.sweep();
    }
}
