package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.failure.FailureText;
import io.kvasir.pool.Pool;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gives the pool the endpoints of an InferencePool, or of a fixed selector: follows the pool, its pods, their nodes where
 * they may be read, and the pods of leader/worker groups once there are any. Lives on the thread of events.
 */
final class EndpointFeed {
    private static final Logger LOG = Logger.getLogger(EndpointFeed.class);

    private final Streams streams;
    private final DiscoverySettings settings;
    private final Pool pool;
    private final EndpointPlan plan;
    private final ObjectTable<NodeFacts> nodes;

    private @Nullable InferencePool target;
    private @Nullable Selection current;
    private @Nullable Selection next;
    private @Nullable ObjectTable<PodFacts> members;
    private EndpointPlan.Made given = EndpointPlan.Made.NOTHING;
    private boolean dirty;
    private boolean urgent;
    private boolean scheduled;
    private volatile boolean synced;

    /** Pods of one selector. */
    private record Selection(String selector, ObjectTable<PodFacts> pods, ObjectStream<?, ?> stream) {}

    EndpointFeed(Streams streams, DiscoverySettings settings, Pool pool, HardwareReports hardware) {
        this.streams = streams;
        this.settings = settings;
        this.pool = pool;
        plan = new EndpointPlan(hardware);
        nodes = streams.table(NodeFacts::name, (_, _) -> false, this::changed);
    }

    void start() {
        streams.openIfAllowed(
                "nodes", List.of(ObjectSource.of("nodes", streams.client().nodes())), NodeFacts::of, nodes);
        String name = settings.poolName();
        if (name == null) {
            aim(new InferencePool(settings.selector(), settings.ports(), InferencePool.HTTP));
            return;
        }
        var definition = InferencePool.definition(settings.poolGroup());
        var source = ObjectSource.of(
                "inferencepools." + settings.poolGroup(),
                streams.client()
                        .genericKubernetesResources(definition)
                        .inNamespace(settings.namespace())
                        .withField("metadata.name", name));
        streams.open("inferencepools", source, EndpointFeed::readable, new PoolSink());
    }

    private static Optional<InferencePool> readable(GenericKubernetesResource object) {
        try {
            return Optional.of(InferencePool.of(object));
        } catch (IllegalArgumentException e) {
            LOG.warnf(
                    "InferencePool %s cannot be used: %s", object.getMetadata().getName(), FailureText.of(e));
            return Optional.empty();
        }
    }

    /** The one pool; one that cannot be used leaves in force what was. */
    private final class PoolSink implements ObjectSink<Optional<InferencePool>> {
        @Override
        public void replaced(List<Optional<InferencePool>> all) {
            streams.events().execute(() -> found(all));
        }

        @Override
        public void put(Optional<InferencePool> object) {
            streams.events().execute(() -> found(List.of(object)));
        }

        @Override
        public void removed(String name) {
            streams.events().execute(() -> found(List.of()));
        }
    }

    private void found(List<Optional<InferencePool>> objects) {
        streams.counts().objects("inferencepools", objects.size());
        if (objects.isEmpty()) {
            aimAtNothing();
        } else {
            objects.getFirst().ifPresent(this::aim);
        }
    }

    private void aim(InferencePool wanted) {
        if (wanted.equals(target)) {
            return;
        }
        LOG.infof(
                "%s: pods %s, ports %s, %s", settings.name(), wanted.selector(), wanted.ports(), wanted.appProtocol());
        target = wanted;
        var latest = next == null ? current : next;
        if (latest == null || !latest.selector.equals(wanted.selector())) {
            stop(next);
            next = select(wanted.selector());
        }
        changed(true);
    }

    private void aimAtNothing() {
        if (target != null) {
            LOG.warnf("%s: deleted, no endpoints until it is back", settings.name());
        }
        target = null;
        stop(next);
        stop(current);
        next = null;
        current = null;
        changed(true);
    }

    private Selection select(String selector) {
        var pods = pods();
        var source = ObjectSource.of(
                "pods",
                streams.client().pods().inNamespace(settings.namespace()).withLabelSelector(selector));
        return new Selection(selector, pods, streams.open("pods", source, PodFacts::of, pods));
    }

    private void stop(@Nullable Selection selection) {
        if (selection != null) {
            streams.close(selection.stream);
        }
    }

    /** Workers need not match the selector. */
    private void followGroups() {
        var pods = pods();
        var source = ObjectSource.of(
                "pods of groups",
                streams.client().pods().inNamespace(settings.namespace()).withLabel(PodGroup.SET));
        streams.open("group_pods", source, PodFacts::of, pods);
        members = pods;
    }

    private ObjectTable<PodFacts> pods() {
        return streams.table(
                PodFacts::name, (before, after) -> after == null || before.ready() && !after.ready(), this::changed);
    }

    /** Has the list of endpoints made again: at once, yet after all that waits, or with what comes within the window. */
    private void changed(boolean atOnce) {
        dirty = true;
        if (atOnce && !urgent) {
            urgent = true;
            streams.events().execute(this::apply);
        } else if (!atOnce && !urgent && !scheduled) {
            scheduled = true;
            var _ = streams.events()
                    .schedule(
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
        var wanted = target;
        if (wanted == null) {
            give(EndpointPlan.Made.NOTHING, System.nanoTime());
            synced = false;
            return;
        }
        if (next != null && next.pods.listed()) {
            stop(current);
            current = next;
            next = null;
        }
        // without this the first endpoints would be of unknown hardware for a moment
        if (current == null || !nodes.tried()) {
            return;
        }
        long start = System.nanoTime();
        var pods = current.pods;
        var workers = members;
        var made = plan.make(
                wanted.ports(),
                wanted.protocol(),
                pods.values(),
                workers == null ? List.of() : workers.values(),
                nodes::get);
        give(made, start);
        streams.counts().objects("pods", pods.size());
        streams.counts().objects("group_pods", workers == null ? 0 : workers.size());
        streams.counts().objects("nodes", nodes.size());
        if (made.groups() > 0 && workers == null) {
            followGroups();
        }
        if (!synced && (made.groups() == 0 || workers != null && workers.listed())) {
            synced = true;
            LOG.infof(
                    "%s: %d endpoints of %d pods", settings.name(), made.specs().size(), pods.size());
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
        streams.counts().applied(made, System.nanoTime() - start);
    }

    private boolean wasAnothers(Map.Entry<String, String> owner) {
        String before = given.owners().get(owner.getKey());
        return before != null && !before.equals(owner.getValue());
    }

    /** Whether the pool is known and its pods were listed; stays so while the API server is away. */
    boolean synced() {
        return synced;
    }
}
