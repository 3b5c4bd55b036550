package io.kvasir.kvevents;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.prefix.PreciseView;
import java.net.InetAddress;
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
    private static final long POLL_MILLIS = 50;
    private static final long IDLE_MILLIS = 250;

    /** Sockets that there may be: two for each rank that is dialled. */
    private static final int MOST_SOCKETS = 1 << 15;

    private final PreciseView view;
    private final KvEventSettings settings;
    private final LongSupplier nanoClock;
    private final EventCounts counts = new EventCounts();
    private final ContainedFailures failures = new ContainedFailures("following KV events");
    private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
    private final Map<Long, Followed> followed = new LinkedHashMap<>();
    private final EventReadings readings;
    private final EventDialling dialling;
    private final EventClaims claims;
    private final EventReports reports;
    private final ZContext context = new ZContext(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private @Nullable BoundSocket bound;
    private ZMQ.@Nullable Poller poller;
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
        var names = new HostNames(resolver);
        dialling = new EventDialling(context, view, settings, counts, failures, names, commands::add, nanoClock);
        claims = new EventClaims(view, counts, followed.values());
        reports = new EventReports(view, nanoClock);
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
                bound = new BoundSocket(context, address, settings, claims, new Lines(), counts);
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
        reports.asking(again);
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
            dialling.hangUp(known);
            known.bound.values().forEach(rank -> rank.source().cache().close());
            var polled = known.polled;
            if (polled != null) {
                polled.close();
            }
            view.coverage(tenancy, 0);
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
        dialling.dial(followed.values(), boundPort());
        readings.poll(followed.values());
        if (listensToNobody()) {
            reports.conclude(followed.values(), nanoClock.getAsLong());
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
                subscriber.watch(now);
                subscriber.ask();
            }
            known.dropAbsent(now);
            for (BoundRank rank : known.bound.values()) {
                rank.source().tick(now);
            }
        }
        reports.conclude(followed.values(), now);
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

    private int boundPort() {
        String address = boundAddress();
        return address == null ? 0 : Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private ZMQ.Poller poller() {
        var known = poller;
        if (known != null && !dialling.takeChanged()) {
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
        return made;
    }

    @Override
    public void describe(MetricSink sink) {
        counts.describe(sink);
        view.describePredictions(sink);
        failures.describe(sink, "kv-events");
        reports.describe(sink);
    }

    private final class Lines implements BoundSocket.Lines {
        @Override
        public void came(String peer) {
            commands.add(() -> claims.came(peer));
        }

        @Override
        public void went(String peer) {
            commands.add(() -> claims.went(peer));
        }
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
