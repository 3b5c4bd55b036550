package io.kvasir.load.replay;

import io.kvasir.admission.Ticket;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.Output;
import io.kvasir.traffic.Objectives;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One run, event by event. An engine is looked at when it may have something to tell (a first token, an end), when a
 * request comes to it and when its metrics page is read; whatever steps lie between are made then, each at its own time. So
 * the router learns of first and last tokens when they come, and of those between them later, one by one and with the times
 * that they had: at the first look after one that it may take for evidence, {@link Booking#quietTokens()}.
 */
final class VirtualTime {
    private static final long SWEEP_NANOS = 5_000_000_000L;
    private static final long TICK_NANOS = 10_000_000L;

    private final ReplayRun run;
    private final ReplaySettings settings;
    private final DoubleConsumer progress;
    private final VirtualClock clock = new VirtualClock();
    private final Agenda agenda = new Agenda();
    private final List<ReplayRequest> requests;
    private final Offspring offspring;
    private final List<SimulatedReplica> replicas;
    private final MetricsPages pages;
    private final Oracle oracle;
    private final List<RoutedPool> routers;
    private final BodyWriter body;
    private final Line line;
    private final IdealCache ideal = new IdealCache();
    private final Latencies gaps = new Latencies();
    private final Latencies unmeasured = new Latencies();
    private final @Nullable Flight[] flights;
    private final @Nullable RequestResult[] results;
    private final long network;
    private final long warm;
    /** Requests whose arrival is on the agenda. */
    private int coming;

    private int arrived;
    private int over;
    private long lastArrival = VirtualClock.START;
    private long decisions;
    /** The time of what happens; the clock may show an earlier one while the past is told. */
    private long now = VirtualClock.START;

    VirtualTime(ReplayRun run, DoubleConsumer progress) {
        this.run = run;
        this.progress = progress;
        settings = run.settings();
        requests = run.workload().requests(run.seed(), run.rate());
        offspring = new Offspring(requests);
        flights = new @Nullable Flight[requests.size()];
        results = new @Nullable RequestResult[requests.size()];
        network = Math.round(settings.networkSeconds() * 1e9);
        line = new Line(run.flow());
        warm = VirtualClock.at(settings.warmUpSeconds());
        replicas = SimulatedReplica.all(run);
        pages = new MetricsPages(settings, replicas, agenda);
        var owners = requests.stream()
                .map(ReplayRequest::owner)
                .filter(Objects::nonNull)
                .distinct()
                .collect(Collectors.toMap(Owner::objective, Owner::priority, (one, _) -> one));
        oracle = new Oracle(replicas, clock);
        routers = IntStream.range(0, settings.routers())
                .mapToObj(number -> new RoutedPool(run, number, replicas, clock, oracle, this::refresh))
                .toList();
        routers.forEach(routed -> routed.router().traffic().replace(Objectives.of(owners)));
        body = new BodyWriter(run.pool().modelName());
    }

    ReplayResult run() {
        long began = System.nanoTime();
        begin();
        while (over < requests.size() && !agenda.isEmpty()) {
            now = agenda.next();
            if (coming == 0 && now > lastArrival + Math.round(settings.drainSeconds() * 1e9)) {
                break;
            }
            clock.set(now);
            long thing = agenda.take();
            happen(Event.of(thing), (int) thing, now);
        }
        return result((System.nanoTime() - began) * 1e-9);
    }

    private void begin() {
        for (var request : requests) {
            if (request.parent() < 0) {
                arriveAt(VirtualClock.at(request.arrivalSeconds()), request.id());
            }
        }
        for (int i = 0; i < replicas.size(); i++) {
            pages.begin(i);
        }
        for (int i = 0; i < run.pool().slowdowns().size(); i++) {
            var slow = run.pool().slowdowns().get(i);
            at(VirtualClock.at(slow.fromSeconds()), Event.SLOW, 2 * i);
            at(VirtualClock.at(slow.untilSeconds()), Event.SLOW, 2 * i + 1);
        }
        at(VirtualClock.START + SWEEP_NANOS, Event.SWEEP, 0);
        if (run.flow() != null) {
            at(VirtualClock.START + TICK_NANOS, Event.TICK, 0);
        }
    }

    private void arriveAt(long time, int request) {
        coming++;
        at(time, Event.ARRIVE, request);
    }

    private void at(long time, Event event, int which) {
        agenda.add(time, event.of(which));
    }

    private void happen(Event event, int which, long now) {
        switch (event) {
            case ARRIVE -> arrive(requests.get(which), now);
            case ENGINE -> {
                var replica = replicas.get(which);
                if (replica.dueAt == now) {
                    replica.dueAt = Engine.NEVER;
                    step(replica, now);
                }
            }
            case PAGE -> {
                if (pages.due(which, now)) {
                    page(which, now);
                }
            }
            case FIRST -> first(flight(which), now);
            case END -> end(flight(which), now);
            case TASK -> line.next();
            case EXPIRE -> expire(flights[which], now);
            case TICK -> tick(now);
            case AGAIN -> decide(flight(which), now);
            case SLOW -> slow(run.pool().slowdowns().get(which / 2), which % 2 == 0, now);
            case SWEEP -> {
                routers.forEach(RoutedPool::sweep);
                at(now + SWEEP_NANOS, Event.SWEEP, 0);
            }
        }
    }

    private Flight flight(int request) {
        return Objects.requireNonNull(flights[request]);
    }

    /** The router to which a request comes. */
    private RoutedPool routed(ReplayRequest request) {
        return routers.get(request.id() % routers.size());
    }

    private void arrive(ReplayRequest request, long now) {
        coming--;
        arrived++;
        lastArrival = now;
        if (arrived % Math.max(1, requests.size() / 100) == 0) {
            progress.accept((double) arrived / requests.size());
        }
        var flight = new Flight(request, now, ideal.find(request), now < warm ? unmeasured : gaps, this::tell);
        flights[request.id()] = flight;
        oracle.ask(request);
        if (settings.oracle()) {
            flight.oracleReplica = oracle.best();
        }
        decide(flight, now);
    }

    /** Asks the router where the request goes, at once or later. */
    private void decide(Flight flight, long now) {
        var request = flight.request;
        body.write(request);
        var router = routed(request).router();
        var reading = router.read(Dialect.COMPLETIONS);
        reading.feed(body.bytes(), 0, body.length());
        decisions++;
        var asked = reading.finish().withHeaders(flight.headers(run.arm().tellsSlo()));
        switch (router.route(reading, asked, RoutingHints.NONE, new Client(flight))) {
            case Routing.Decided decided -> settle(flight, decided, now);
            case Waiting begun -> {
                flight.waiting = begun;
                line.joined(flight, now);
                if (begun.deadlineNanos() != Ticket.NO_DEADLINE) {
                    at(begun.deadlineNanos(), Event.EXPIRE, request.id());
                }
            }
        }
    }

    /** The door of one request. */
    private final class Client implements Waiter {
        private final Flight flight;

        Client(Flight flight) {
            this.flight = flight;
        }

        @Override
        public void execute(Runnable task) {
            line.later(task);
            at(now, Event.TASK, 0);
        }

        @Override
        public void decided(Routing.Decided routing) {
            settle(flight, routing, now);
        }
    }

    private void tick(long now) {
        routers.forEach(RoutedPool::tick);
        at(now + TICK_NANOS, Event.TICK, 0);
    }

    private void expire(@Nullable Flight flight, long now) {
        var waiting = flight == null ? null : flight.waiting;
        if (waiting != null) {
            waiting.expire(now);
        }
    }

    private void settle(Flight flight, Routing.Decided routing, long now) {
        flight.waiting = null;
        line.left(flight, routing instanceof Routing.Booked, now);
        switch (routing) {
            case Routing.Booked(var booking) -> {
                flight.booking = booking;
                flight.believed = booking.decision().cachedTokens();
                var prediction = booking.placement().prediction();
                flight.predictedTtft = prediction.firstToken();
                flight.predictedE2e = prediction.end();
                submit(flight, now);
            }
            case Routing.Refused(var refusal) -> refused(flight, refusal, now);
        }
    }

    private void refused(Flight flight, Refusal refusal, long now) {
        line.refused(flight, refusal, now);
        var owner = flight.request.owner();
        if (owner != null && flight.tries < owner.retries() && refusal.retryAfterMillis() > 0) {
            flight.tries++;
            at(now + refusal.retryAfterMillis() * 1_000_000, Event.AGAIN, flight.request.id());
        } else {
            over(flight, now);
        }
    }

    private void submit(Flight flight, long now) {
        var booking = Objects.requireNonNull(flight.booking);
        var request = flight.request;
        int place = booking.endpoint().ordinal();
        var replica = replicas.get(place);
        if (settings.oracle()) {
            flight.regret = oracle.costSeconds(place) - oracle.costSeconds(flight.oracleReplica);
        }
        replica.requests++;
        step(replica, now);
        if (request.prompt().length() + (long) request.outputTokens()
                > replica.limits().maxModelLength()) {
            booking.responseStarted(400);
            booking.finish(Outcome.REFUSED_BY_ENGINE);
            over(flight, now);
            return;
        }
        flight.replica = replica;
        replica.flights.add(flight);
        flight.sequence = replica.engine()
                .submit(
                        replica.prompt(request.prompt()),
                        new Output(request.outputTokens(), request.answer(), true),
                        flight,
                        now);
        routed(request).chooser().placed(request, place, flight.believed);
        arm(replica, now);
        pages.working(place, now);
    }

    /** Makes all steps of a replica that have ended, and sees to it that what they brought is told. */
    private void step(SimulatedReplica replica, long now) {
        replica.engine().step(now);
        for (var flight : replica.begun) {
            at(now + network, Event.FIRST, flight.request.id());
        }
        replica.begun.clear();
        for (var flight : replica.ended) {
            at(now + network, Event.END, flight.request.id());
        }
        replica.ended.clear();
        arm(replica, now);
    }

    private void arm(SimulatedReplica replica, long now) {
        long due = replica.engine().quietUntil();
        if (due != Engine.NEVER && due < replica.dueAt) {
            replica.dueAt = Math.max(due, now);
            at(replica.dueAt, Event.ENGINE, replica.place());
        }
    }

    private void first(Flight flight, long now) {
        flight.firstSeen(now);
        var booking = Objects.requireNonNull(flight.booking);
        booking.responseStarted(200);
        booking.firstToken();
        routed(flight.request).chooser().begun(flight.request);
        var sequence = Objects.requireNonNull(flight.sequence);
        long hears = booking.quietUntilNanos() - network;
        Objects.requireNonNull(flight.replica).engine().tellFrom(sequence, tokensToHear(flight, booking), hears);
    }

    private void end(Flight flight, long now) {
        if (flight.untold > 0) {
            clock.set(flight.lastAt + network);
            Objects.requireNonNull(flight.booking).tokens(flight.untold);
            clock.set(now);
            flight.untold = 0;
        }
        flight.endSeen(now);
        var booking = Objects.requireNonNull(flight.booking);
        var sequence = Objects.requireNonNull(flight.sequence);
        booking.usage(flight.request.prompt().length(), sequence.cachedTokens(), flight.request.outputTokens());
        booking.finish(Outcome.COMPLETED);
        Objects.requireNonNull(flight.replica).flights.remove(flight);
        over(flight, now);
    }

    /** Tells the router of tokens, each at its time; those that came before the client had the first one are told with the next. */
    private void tell(Flight flight, long[] atNanos, int count) {
        var booking = Objects.requireNonNull(flight.booking);
        for (int i = 0; i < count; i++) {
            atNanos[i] += network;
        }
        int from = 0;
        if (flight.untold > 0) {
            clock.set(atNanos[0]);
            booking.tokens(flight.untold + 1);
            flight.untold = 0;
            from = 1;
        }
        clock.set(atNanos[count - 1]);
        booking.tokens(atNanos, from, count);
        clock.set(now);
        Objects.requireNonNull(flight.sequence)
                .tellFrom(tokensToHear(flight, booking), booking.quietUntilNanos() - network);
    }

    /** Tokens that an answer has when its router first may take one for evidence. */
    private static int tokensToHear(Flight flight, Booking booking) {
        return (int) Math.min(Integer.MAX_VALUE, (long) flight.heard - flight.untold + booking.quietTokens());
    }

    private void over(Flight flight, long now) {
        over++;
        int id = flight.request.id();
        var result = flight.result();
        results[id] = result;
        flights[id] = null;
        if (result.complete()) {
            routed(flight.request).chooser().finished(result);
        }
        for (int child = offspring.first(id); child >= 0; child = offspring.next(child)) {
            var request = requests.get(child);
            long earliest = now + Math.round(request.thinkSeconds() * 1e9);
            arriveAt(Math.max(earliest, VirtualClock.at(request.arrivalSeconds())), child);
        }
    }

    private void page(int place, long now) {
        step(replicas.get(place), now);
        pages.read(place, routers, now);
    }

    /** Somebody would decide by a newer page. */
    private void refresh(Endpoint endpoint) {
        pages.soon(endpoint.ordinal(), clock.getAsLong() + network);
    }

    private void slow(Slowdown slowdown, boolean begins, long now) {
        var replica = replicas.get(slowdown.replica());
        step(replica, now);
        replica.engine().slowDown(begins ? slowdown.factor() : 1);
        arm(replica, now);
    }

    private ReplayResult result(double wallSeconds) {
        double ended = VirtualClock.seconds(clock.getAsLong());
        replicas.forEach(replica -> replica.engine().tellAll());
        for (var flight : flights) {
            if (flight != null) {
                results[flight.request.id()] = flight.result();
            }
        }
        double from = settings.warmUpSeconds();
        var measured = Arrays.stream(results)
                .filter(Objects::nonNull)
                .filter(result -> result.arrivalSeconds() >= from)
                .toList();
        var each = replicas.stream().map(SimulatedReplica::result).toList();
        return new ReplayResult(
                run.pool().name(),
                run.workload().name(),
                run.arm().name(),
                run.seed(),
                run.rate(),
                measured,
                line.refusals(),
                each,
                gaps,
                ended,
                decisions,
                each.stream().mapToLong(ReplicaResult::steps).sum(),
                wallSeconds);
    }
}
