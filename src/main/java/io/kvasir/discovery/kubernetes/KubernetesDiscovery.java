package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.pool.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a cluster and the pool that follows them: the InferencePool (or a fixed selector), its pods, the pods
 * of leader/worker groups once there are any. While the API server is away, the pool keeps what was known last.
 */
public final class KubernetesDiscovery implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(KubernetesDiscovery.class);

    private final KubernetesClient client;
    private final DiscoverySettings settings;
    private final Pool pool;
    private final DiscoveryCounts counts = new DiscoveryCounts();
    private final ScheduledExecutorService events = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kubernetes-discovery").factory());
    private final EndpointPlan plan;
    private final List<AutoCloseable> fixed = new ArrayList<>();

    private @Nullable InferencePool target;
    private @Nullable ObjectTable<PodFacts> pods;
    private @Nullable Following nextPods;
    private @Nullable Following podsFollowed;
    private @Nullable ObjectTable<PodFacts> members;
    private EndpointPlan.Made given = EndpointPlan.Made.NOTHING;
    private boolean dirty;
    private boolean urgent;
    private boolean scheduled;
    private volatile boolean synced;

    private record Following(Map<String, String> selector, ObjectTable<PodFacts> table, ObjectStream<?, ?> stream) {}

    /**
     * Nothing is asked before {@link #start}.
     *
     * @param client as {@link ClusterClient} makes it
     * @param hardware tells what pods run on
     */
    public KubernetesDiscovery(
            KubernetesClient client, DiscoverySettings settings, Pool pool, HardwareIdentity hardware) {
        this.client = client;
        this.settings = settings;
        this.pool = pool;
        plan = new EndpointPlan(hardware);
    }

    /** Begins to follow the cluster, on threads of its own; does not wait for an answer. */
    public KubernetesDiscovery start() {
        events.execute(() -> {
            if (settings.poolName() == null) {
                retarget(new InferencePool(settings.selector(), settings.ports(), "http"));
            } else {
                followPool(settings.poolName());
            }
        });
        return this;
    }

    private void followPool(String name) {
        var definition = InferencePool.definition(settings.poolGroup());
        var source = ObjectSource.of(
                "inferencepools." + definition.getGroup() + " " + name,
                client.genericKubernetesResources(definition)
                        .inNamespace(settings.namespace())
                        .withField("metadata.name", name));
        fixed.add(open("inferencepools", List.of(source), KubernetesDiscovery::readable, new PoolSink(), false));
    }

    private static Optional<InferencePool> readable(GenericKubernetesResource object) {
        try {
            return Optional.of(InferencePool.of(object));
        } catch (IllegalArgumentException e) {
            LOG.warnf(
                    "InferencePool %s cannot be used: %s", object.getMetadata().getName(), e.getMessage());
            return Optional.empty();
        }
    }

    /** The one pool; one that cannot be used leaves in force what was. */
    private final class PoolSink implements ObjectSink<Optional<InferencePool>> {
        @Override
        public void replaced(List<Optional<InferencePool>> all) {
            events.execute(() -> {
                counts.objects("inferencepools", all.size());
                if (all.isEmpty()) {
                    untarget();
                } else {
                    all.getFirst().ifPresent(KubernetesDiscovery.this::retarget);
                }
            });
        }

        @Override
        public void put(Optional<InferencePool> object) {
            events.execute(() -> {
                counts.objects("inferencepools", 1);
                object.ifPresent(KubernetesDiscovery.this::retarget);
            });
        }

        @Override
        public void removed(String name) {
            events.execute(() -> {
                counts.objects("inferencepools", 0);
                untarget();
            });
        }
    }

    private void retarget(InferencePool wanted) {
        if (wanted.equals(target)) {
            return;
        }
        LOG.infof(
                "%s: pods %s, ports %s, %s", settings.name(), wanted.selector(), wanted.ports(), wanted.appProtocol());
        target = wanted;
        var following = nextPods == null ? podsFollowed : nextPods;
        if (following == null || !following.selector.equals(wanted.selector())) {
            close(nextPods);
            nextPods = followPods(wanted.selector());
        }
        changed(true);
    }

    private void untarget() {
        if (target != null) {
            LOG.warnf("%s: deleted, no endpoints until it is back", settings.name());
        }
        target = null;
        close(nextPods);
        close(podsFollowed);
        nextPods = null;
        podsFollowed = null;
        pods = null;
        changed(true);
    }

    private Following followPods(Map<String, String> selector) {
        var table = new ObjectTable<>(events, PodFacts::name, KubernetesDiscovery::left, this::changed);
        var source = ObjectSource.of(
                "pods", client.pods().inNamespace(settings.namespace()).withLabels(selector));
        return new Following(selector, table, open("pods", List.of(source), PodFacts::of, table, false));
    }

    private void followMembers() {
        var table = new ObjectTable<>(events, PodFacts::name, KubernetesDiscovery::left, this::changed);
        var source = ObjectSource.of(
                "pods of groups",
                client.pods().inNamespace(settings.namespace()).withLabel(PodGroup.SET));
        members = table;
        fixed.add(open("group_pods", List.of(source), PodFacts::of, table, false));
    }

    private static boolean left(PodFacts before, @Nullable PodFacts after) {
        return after == null || before.ready() && !after.ready();
    }

    private static void close(@Nullable Following following) {
        if (following != null) {
            following.stream.close();
        }
    }

    private <T extends HasMetadata, F> ObjectStream<T, F> open(
            String kind, List<ObjectSource<T>> sources, Function<T, F> facts, ObjectSink<F> sink, boolean optional) {
        return new ObjectStream<>(
                        sources,
                        facts,
                        sink,
                        optional,
                        counts.stream(kind),
                        settings.times(),
                        System::nanoTime,
                        Thread::sleep)
                .open();
    }

    /** Has the list of endpoints made again: at once, yet after all that waits, or with what comes within the window. */
    private void changed(boolean atOnce) {
        dirty = true;
        if (atOnce && !urgent) {
            urgent = true;
            events.execute(this::apply);
        } else if (!atOnce && !urgent && !scheduled) {
            scheduled = true;
            var _ = events.schedule(
                    () -> {
                        scheduled = false;
                        apply();
                    },
                    settings.window().toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    private void apply() {
        if (!dirty) {
            return;
        }
        dirty = false;
        urgent = false;
        try {
            make();
        } catch (RuntimeException e) {
            LOG.error("endpoints could not be made", e);
        }
    }

    private void make() {
        var next = nextPods;
        if (next != null && next.table.listed()) {
            close(podsFollowed);
            podsFollowed = next;
            pods = next.table;
            nextPods = null;
        }
        var wanted = target;
        var selected = pods;
        long start = System.nanoTime();
        if (wanted == null || selected == null) {
            if (wanted == null) {
                give(EndpointPlan.Made.NOTHING, start);
                synced = false;
            }
            return;
        }
        var grouped = members;
        counts.objects("pods", selected.size());
        counts.objects("group_pods", grouped == null ? 0 : grouped.size());
        var made =
                plan.make(wanted.ports(), selected.values(), grouped == null ? List.of() : grouped.values(), _ -> null);
        give(made, start);
        if (made.groups() > 0 && grouped == null) {
            followMembers();
        }
        if (!synced && nextPods == null && (made.groups() == 0 || grouped != null && grouped.tried())) {
            synced = true;
            LOG.infof(
                    "%s: %d endpoints of %d pods", settings.name(), made.specs().size(), selected.size());
        }
    }

    private void give(EndpointPlan.Made made, long start) {
        var before = given;
        if (made.owners().keySet().stream().noneMatch(before.owners()::containsKey)) {
            // where all are replaced, requests must not find the pool empty between
            pool.apply(Stream.concat(before.specs().stream(), made.specs().stream())
                    .toList());
        }
        if (made.owners().entrySet().stream().anyMatch(this::wasAnothers)) {
            // an address that went from one pod to another is another endpoint: its books must not be kept
            pool.apply(made.specs().stream()
                    .filter(spec -> Objects.equals(
                            before.owners().get(spec.hostPort()), made.owners().get(spec.hostPort())))
                    .toList());
        }
        pool.apply(made.specs());
        given = made;
        counts.applied(made, System.nanoTime() - start);
    }

    private boolean wasAnothers(Map.Entry<String, String> owner) {
        String before = given.owners().get(owner.getKey());
        return before != null && !before.equals(owner.getValue());
    }

    /** Whether the pool is known and its pods were listed; stays so while the API server is away. */
    public boolean synced() {
        return synced;
    }

    /** What was counted. */
    public DiscoveryCounts counts() {
        return counts;
    }

    /** Stops following; the pool stays as it is. */
    @Override
    public void close() {
        try {
            events.submit(this::closeStreams).get(5, TimeUnit.SECONDS);
        } catch (RejectedExecutionException _) {
            return;
        } catch (Exception e) {
            LOG.warn("streams could not be closed", e);
        }
        events.shutdownNow();
    }

    private void closeStreams() {
        close(nextPods);
        close(podsFollowed);
        for (var stream : fixed) {
            try {
                stream.close();
            } catch (Exception e) {
                LOG.warn("a stream could not be closed", e);
            }
        }
    }
}
