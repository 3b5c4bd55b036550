package io.kvasir.kvevents;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.KvEventReport;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.ToldEvents;
import io.kvasir.prefix.PreciseView;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * Follows the KV events of a pool's endpoints: dials those that say where theirs are, and takes those of engines that dial
 * us. One thread has all sockets, decodes, and tells the view.
 */
public final class KvEvents implements PoolListener, Metered, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.kvasir.kvevents");
    private static final long POLL_MILLIS = 50;
    private static final long IDLE_MILLIS = 250;
    private static final long REPORT_NANOS = 200_000_000L;

    /** Sockets that there may be: two for each rank that is dialled. */
    private static final int MOST_SOCKETS = 1 << 15;

    private final PreciseView view;
    private final KvEventSettings settings;
    private final LongSupplier nanoClock;
    private final EventCounts counts = new EventCounts();
    private final ContainedFailures failures = new ContainedFailures("following KV events");
    private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
    private final Map<Long, Followed> followed = new LinkedHashMap<>();
    private final HostNames names;
    private final EventReadings readings;
    private final ZContext context = new ZContext(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private Consumer<Endpoint> asker = _ -> {};
    private @Nullable BoundSocket bound;
    private ZMQ.@Nullable Poller poller;
    private boolean changed = true;
    private long reported;
    private volatile Map<String, Integer> states = Map.of();
    private volatile boolean started;
    private volatile boolean closed;

    /** @param nanoClock monotonic nanoseconds */
    public KvEvents(PreciseView view, KvEventSettings settings, LongSupplier nanoClock) {
        this(view, settings, nanoClock, InetAddress::getByName);
    }

    KvEvents(PreciseView view, KvEventSettings settings, LongSupplier nanoClock, HostNames.Resolver resolver) {
        this.view = view;
        this.settings = settings;
        this.nanoClock = nanoClock;
        names = new HostNames(resolver);
        readings = new EventReadings(view, settings, counts, commands::add, nanoClock);
        context.getContext().setMaxSockets(MOST_SOCKETS);
    }

    /**
     * Begins, with the endpoints of a pool.
     *
     * @throws IllegalArgumentException where the address to be bound cannot be
     */
    public void start(Pool pool) {
        start(() -> pool.listen(this));
    }

    /**
     * Begins, with these endpoints alone.
     *
     * @throws IllegalArgumentException where the address to be bound cannot be
     */
    public void start(List<Endpoint> endpoints) {
        start(() -> endpoints.forEach(this::added));
    }

    private void start(Runnable listening) {
        String address = settings.bind();
        if (address != null) {
            try {
                bound = new BoundSocket(context, address, settings.highWaterMark(), this::claim, counts);
            } catch (ZMQException | IllegalArgumentException e) {
                context.close();
                throw new IllegalArgumentException(
                        "kv-events-bind: " + address + " cannot be bound: " + e.getMessage(), e);
            }
        }
        listening.run();
        started = true;
        Thread.ofPlatform().name("kv-events").daemon().start(this::run);
    }

    /** Says who asks an engine again where its events are, before it is started. */
    public void asking(Consumer<Endpoint> again) {
        asker = again;
    }

    /** What was counted. */
    EventCounts counts() {
        return counts;
    }

    /** Batches that were applied, as they came or replayed. */
    public long applied() {
        return counts.count(EventCounts.Batch.APPLIED) + counts.count(EventCounts.Batch.REPLAYED);
    }

    /** Where engines that dial us find us; null for nowhere. */
    public @Nullable String boundAddress() {
        var socket = bound;
        return socket == null ? null : socket.address();
    }

    @Override
    public void added(Endpoint endpoint) {
        commands.add(() -> follow(endpoint));
    }

    @Override
    public void changed(Endpoint before, Endpoint after) {
        commands.add(() -> {
            var known = followed.get(after.tenancy());
            boolean same = before.spec().engine() == after.spec().engine()
                    && Objects.equals(before.spec().kvEvents(), after.spec().kvEvents())
                    && Objects.equals(before.spec().model(), after.spec().model());
            if (known != null && same) {
                known.endpoint = after;
            } else {
                leave(after.tenancy());
                follow(after);
            }
        });
    }

    @Override
    public void removed(Endpoint endpoint) {
        commands.add(() -> leave(endpoint.tenancy()));
    }

    private void follow(Endpoint endpoint) {
        followed.put(endpoint.tenancy(), new Followed(endpoint));
    }

    private void leave(long tenancy) {
        var known = followed.remove(tenancy);
        if (known != null) {
            known.left = true;
            hangUp(known);
            known.bound.values().forEach(source -> source.cache().close());
            var polled = known.polled;
            if (polled != null) {
                polled.close();
            }
            view.coverage(tenancy, 0);
            changed = true;
        }
    }

    private void run() {
        try {
            while (!closed) {
                failures.contain(this::turn);
            }
        } finally {
            readings.close();
            context.close();
            done.countDown();
        }
    }

    private void turn() {
        if (listensToNobody()) {
            idle();
        }
        for (var command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
        }
        dial();
        readings.poll(followed.values());
        if (listensToNobody()) {
            conclude(nanoClock.getAsLong());
            return;
        }
        var sockets = poller();
        try {
            sockets.poll(POLL_MILLIS);
        } catch (ZMQException e) {
            if (!closed) {
                throw e;
            }
            return;
        }
        long now = nanoClock.getAsLong();
        var socket = bound;
        if (socket != null) {
            socket.read(now);
        }
        for (Followed known : followed.values()) {
            for (Subscriber subscriber : known.dialled.values()) {
                subscriber.read(now);
                subscriber.source().tick(now);
                subscriber.ask();
            }
            for (EventSource source : known.bound.values()) {
                source.tick(now);
            }
        }
        conclude(now);
    }

    private void conclude(long now) {
        if (reported == 0 || now - reported >= REPORT_NANOS) {
            reported = now;
            report();
        } else {
            followed.values().forEach(this::cover);
        }
    }

    private boolean listensToNobody() {
        return bound == null && followed.values().stream().allMatch(known -> known.dialled.isEmpty());
    }

    /** Nobody is followed: only the pool can change that. */
    private void idle() {
        try {
            boolean reads = followed.values().stream().anyMatch(known -> known.page != null);
            var command = commands.poll(reads ? POLL_MILLIS : IDLE_MILLIS, TimeUnit.MILLISECONDS);
            if (command != null) {
                command.run();
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Dials endpoints as soon as it is known by what name requests ask for their models. */
    private void dial() {
        long now = nanoClock.getAsLong();
        int ownPort = boundPort();
        for (Followed known : followed.values()) {
            if (known.takeTold(ownPort)) {
                hangUp(known);
                changed = true;
            }
            if (known.isToBeDialled(now)) {
                known.dialling();
                var ranks = known.ranks();
                for (String host : known.hosts()) {
                    names.find(host, found -> commands.add(() -> found(known, ranks, host, found)));
                }
            }
        }
    }

    private int boundPort() {
        String address = boundAddress();
        return address == null ? 0 : Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private void found(Followed known, List<ToldEvents.Rank> ranks, String host, @Nullable InetAddress address) {
        boolean still =
                followed.get(known.endpoint.tenancy()) == known && known.ranks().equals(ranks);
        if (still && known.found(host, address)) {
            dial(known, ranks);
        }
    }

    /** What one endpoint's address is like keeps nobody else up. */
    private void dial(Followed known, List<ToldEvents.Rank> ranks) {
        String model = known.endpoint.baseModel();
        boolean found = known.hosts().stream().allMatch(host -> known.addressOf(host) != null);
        if (!found || model == null) {
            known.cannotBeDialled(found ? "model-unknown" : "unknown-host", nanoClock.getAsLong());
            return;
        }
        if (known.isElsewhere()) {
            known.cannotBeDialled("elsewhere", nanoClock.getAsLong());
            return;
        }
        try {
            for (ToldEvents.Rank rank : ranks) {
                var address = rank.address();
                dial(known, address.at(Objects.requireNonNull(known.addressOf(address.host()))), rank.rank(), model);
            }
            known.isDialled();
        } catch (RuntimeException e) {
            failures.failed(e);
            hangUp(known);
            known.cannotBeDialled("cannot-be-dialled", nanoClock.getAsLong());
        }
        changed = true;
    }

    private void dial(Followed known, EventAddress address, int rank, String model) {
        var source = source(known.endpoint, rank, model, address.replayPort() > 0);
        try {
            known.dialled.put(
                    rank,
                    new Subscriber(
                            context,
                            address,
                            source,
                            counts,
                            settings.highWaterMark(),
                            (subscriber, there) -> commands.add(() -> connection(subscriber, there))));
        } catch (RuntimeException e) {
            source.cache().close();
            throw e;
        }
    }

    private static void hangUp(Followed known) {
        for (Subscriber subscriber : known.dialled.values()) {
            subscriber.close();
            subscriber.source().cache().close();
        }
        known.dialled.clear();
    }

    private void connection(Subscriber subscriber, boolean there) {
        if (there) {
            view.listened(subscriber.source().cache().tenancy());
            subscriber.source().connected(nanoClock.getAsLong());
        } else {
            subscriber.source().disconnected();
        }
    }

    private EventSource source(Endpoint endpoint, int rank, String model, boolean replays) {
        boolean sglang = endpoint.spec().engine() == EngineKind.SGLANG;
        var cache = view.cache(endpoint.tenancy(), rank, model, sglang);
        cache.expects(endpoint.stats().blockSize());
        return new EventSource(
                cache, sglang ? EventDialect.SGLANG : EventDialect.VLLM, counts, replays, endpoint.kvTokens());
    }

    private ZMQ.Poller poller() {
        var known = poller;
        if (known != null && !changed) {
            return known;
        }
        if (known != null) {
            known.close();
        }
        var made = context.createPoller(16);
        var socket = bound;
        if (socket != null) {
            socket.register(made);
        }
        followed.values().forEach(each -> each.dialled.values().forEach(subscriber -> subscriber.register(made)));
        poller = made;
        changed = false;
        return made;
    }

    /** By topic {@code kv@pod-or-address@model}, or by the address that it comes from where just one endpoint has that. */
    private @Nullable EventSource claim(String topic, @Nullable String peer, int rank) {
        String id = id(topic);
        Followed owner = null;
        int candidates = 0;
        for (Followed known : followed.values()) {
            var spec = known.endpoint.spec();
            if (id != null
                    && (id.equals(spec.name()) || id.equals(known.endpoint.hostPort()) || id.equals(spec.address()))) {
                owner = known;
                candidates = 1;
                break;
            }
            if (id == null && peer != null && known.comesFrom(peer)) {
                owner = known;
                candidates++;
            }
        }
        if (owner == null || candidates != 1) {
            return null;
        }
        var subscriber = owner.dialled.get(rank);
        if (subscriber != null) {
            return subscriber.source();
        }
        var source = owner.bound.get(rank);
        String model = owner.endpoint.baseModel();
        if (source == null && model != null) {
            source = source(owner.endpoint, rank, model, false);
            owner.bound.put(rank, source);
        }
        return source;
    }

    private static @Nullable String id(String topic) {
        if (!topic.startsWith("kv@")) {
            return null;
        }
        int end = topic.indexOf('@', 3);
        String id = end < 0 ? topic.substring(3) : topic.substring(3, end);
        return id.isEmpty() ? null : id;
    }

    private void cover(Followed known) {
        var heard = known.states();
        float coverage = heard.isEmpty() ? 0 : 1;
        for (EventState state : heard) {
            coverage = Math.min(coverage, state.coverage());
        }
        view.coverage(known.endpoint.tenancy(), coverage);
    }

    private void report() {
        var all = new HashMap<String, Integer>();
        for (Followed known : followed.values()) {
            cover(known);
            var report = report(known);
            known.endpoint.replica().kvEvents(report);
            all.merge(report.way() + " " + report.state(), 1, Integer::sum);
        }
        states = Map.copyOf(all);
    }

    private KvEventReport report(Followed known) {
        long tenancy = known.endpoint.tenancy();
        var heard = known.states();
        if (heard.isEmpty()) {
            return new KvEventReport("none", known.problem(), 0);
        }
        known.expects(known.endpoint.stats().blockSize());
        var worst = EventState.COMPLETE;
        for (EventState state : heard) {
            worst = state.coverage() < worst.coverage() ? state : worst;
        }
        if (known.isToBeAsked(worst == EventState.DISCONNECTED, nanoClock.getAsLong())) {
            asker.accept(known.endpoint);
        }
        String doubt = doubt(known, worst != EventState.DISCONNECTED);
        return new KvEventReport(known.way(), doubt == null ? worst.code() : doubt, view.confidence(tenancy));
    }

    /** Why what comes is not believed, as a reason code; told in the log when that begins. Null where it may be. */
    private @Nullable String doubt(Followed known, boolean heard) {
        long tenancy = known.endpoint.tenancy();
        String doubt = heard && view.silent(tenancy)
                ? "silent"
                : view.unmatched(tenancy) ? "unmatched" : view.unconfirmed(tenancy) ? "unconfirmed" : null;
        if (doubt != null && !doubt.equals(known.doubt)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "endpoint {0} {1}; what it holds is estimated from what was sent there",
                    known.endpoint.spec().name(),
                    switch (doubt) {
                        case "silent" -> "computes new blocks and sends no KV events of them";
                        case "unmatched" ->
                            "finds prompts in its cache of which its KV events tell nothing that matches (are the tokens"
                                    + " of prompts known as it knows them, see --tokenizers?)";
                        default ->
                            "sends KV events that do not tell of the prompts it gets (are they its own, and are the tokens"
                                    + " of prompts known as it knows them, see --tokenizers?)";
                    });
        }
        known.doubt = doubt;
        return doubt;
    }

    @Override
    public void describe(MetricSink sink) {
        counts.describe(sink);
        view.describePredictions(sink);
        failures.describe(sink, "kv-events");
        states.forEach((key, count) -> {
            int space = key.indexOf(' ');
            sink.gauge(
                    "kvasir_kv_event_endpoints",
                    "Endpoints by the way in which their KV events come and what they are worth.",
                    count,
                    "way",
                    key.substring(0, space),
                    "state",
                    key.substring(space + 1));
        });
    }

    @Override
    public void close() {
        closed = true;
        if (!started) {
            context.close();
            return;
        }
        try {
            done.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
