package io.kvasir.admission.flow;

import io.kvasir.admission.Evictable;
import io.kvasir.admission.Stay;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.request.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Flow control over a pool in virtual time: engines that compute one prompt after another, in the seconds that the time
 * model says, and then decode for a while.
 */
final class FlowFixture {
    static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";

    private static final HardwareCatalogue HARDWARE = HardwareCatalogue.load();
    private static final ModelCatalogue MODELS = ModelCatalogue.load();

    /** Seconds between two tokens, however many decode. */
    private static final double TOKEN_SECONDS = 0.01;

    private static final long TICK_NANOS = 10_000_000;

    private record Event(long atNanos, long number, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int by = Long.compare(atNanos, other.atNanos);
            return by != 0 ? by : Long.compare(number, other.number);
        }
    }

    /** Becomes of one request. */
    static final class Served {
        final Asked asked;
        final long askedNanos;
        long firstTokenNanos;
        long endedNanos;
        long letInNanos;

        @Nullable
        Refusal refusal;

        @Nullable
        Endpoint endpoint;

        Served(Asked asked, long askedNanos) {
            this.asked = asked;
            this.askedNanos = askedNanos;
        }

        double waitSeconds() {
            return (letInNanos - askedNanos) * 1e-9;
        }

        double firstTokenSeconds() {
            return (firstTokenNanos - askedNanos) * 1e-9;
        }
    }

    final AtomicLong clock = new AtomicLong(1_000_000_000);
    final Pool pool = new Pool(HARDWARE);
    final TimeModel time = new TimeModel(MODELS);
    final FlowControl flow;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long number;
    private long[] busyUntil = new long[16];
    private int inFlight;

    FlowFixture(FlowSettings settings, EndpointSpec... specs) {
        pool.apply(List.of(specs));
        flow = new FlowControl(settings, pool, time, 2_000_000_000L, clock::get, () -> new SplittableRandom(5));
        pool.listen(new PoolListener() {
            @Override
            public void added(Endpoint endpoint) {
                flow.freed(endpoint);
            }

            @Override
            public void changed(Endpoint before, Endpoint after) {
                flow.freed(after);
            }

            @Override
            public void reported(Endpoint endpoint) {
                flow.freed(endpoint);
            }
        });
        Arrays.fill(busyUntil, clock.get());
        tickLater();
    }

    static EndpointSpec gpu(String name, int last, String product) {
        return EndpointSpec.builder(name, "10.0.0." + last, 80)
                .product(product)
                .model(MODEL)
                .build();
    }

    private void tickLater() {
        after(TICK_NANOS, () -> {
            flow.tick();
            tickLater();
        });
    }

    /** Has that happen so many ns from now. */
    void after(long nanos, Runnable what) {
        events.add(new Event(clock.get() + nanos, number++, what));
    }

    /** Lets that much time go by, and what is due in it happen. */
    void pass(double seconds) {
        long end = clock.get() + Math.round(seconds * 1e9);
        while (!events.isEmpty() && events.peek().atNanos() <= end) {
            var event = events.poll();
            clock.set(Math.max(clock.get(), event.atNanos()));
            event.what().run();
        }
        clock.set(end);
    }

    Endpoint endpoint(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(one -> one.spec().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Something else keeps an endpoint computing for that long. */
    void busy(String name, double seconds) {
        endpoint(name).load().placePrefill(Math.round(seconds * 1e9), clock.get());
    }

    /** That is over. */
    void idle(String name, double seconds) {
        endpoint(name).load().releasePrefill(Math.round(seconds * 1e9), clock.get());
        flow.freed(endpoint(name));
    }

    /** Asks for a request, which is served once it is let in. */
    Served ask(Asked asked) {
        return ask(asked, _ -> {});
    }

    /** @param over told when it was answered or refused */
    Served ask(Asked asked, Consumer<Served> over) {
        var served = new Served(asked, clock.get());
        var stay = new Stay[1];
        asked.then(() -> after(0, () -> decided(served, Objects.requireNonNull(stay[0]), over)));
        switch (flow.admit(asked)) {
            case Verdict.Admitted admitted -> serve(served, admitted.stay(), over);
            case Verdict.Held held -> stay[0] = held.stay();
            case Verdict.Refused refused -> {
                served.refusal = refused.refusal();
                over.accept(served);
            }
        }
        return served;
    }

    private void decided(Served served, Stay stay, Consumer<Served> over) {
        switch (Objects.requireNonNull(served.asked.ticket().end())) {
            case Ticket.End.LetGo _ -> serve(served, stay, over);
            case Ticket.End.Refused refused -> {
                served.refusal = refused.refusal();
                over.accept(served);
            }
            case Ticket.End.Expired _ -> {
                served.refusal = stay.expired();
                over.accept(served);
            }
            case Ticket.End.Cancelled _ -> over.accept(served);
        }
    }

    private void serve(Served served, Stay stay, Consumer<Served> over) {
        served.letInNanos = clock.get();
        var candidates = new ArrayList<Endpoint>();
        var serving = Fit.serving(pool.snapshot(), served.asked.model(), served.asked.allowed(), clock.get());
        for (var endpoint : serving) {
            if (Fit.room(endpoint, MODEL) >= served.asked.request().promptTokens()) {
                candidates.add(endpoint);
            }
        }
        if (candidates.isEmpty()) {
            stay.ended(null, 0, 0);
            over.accept(served);
            return;
        }
        long prompt = served.asked.request().promptTokens();
        var chosen = candidates.stream()
                .min(Comparator.comparingDouble(one ->
                        Math.max(0, busyUntil[one.ordinal()] - clock.get()) * 1e-9 + seconds(one, prompt)))
                .orElseThrow();
        served.endpoint = chosen;
        inFlight++;
        long output = Math.round(served.asked.work().outputTokens());
        long nanos = Math.round(seconds(chosen, prompt) * 1e9);
        chosen.load().place(prompt, output);
        chosen.load().placePrefill(nanos, clock.get());
        stay.booked(chosen, prompt, UNEVICTABLE);
        long first = Math.max(clock.get(), busyUntil[chosen.ordinal()]) + nanos;
        busyUntil[chosen.ordinal()] = first;
        after(first - clock.get(), () -> {
            served.firstTokenNanos = clock.get();
            chosen.load().releasePrefill(nanos, clock.get());
            flow.freed(chosen);
        });
        after(first - clock.get() + Math.round(output * TOKEN_SECONDS * 1e9), () -> {
            served.endedNanos = clock.get();
            inFlight--;
            chosen.load().release(prompt, output);
            flow.freed(chosen);
            stay.ended(chosen, prompt, output);
            over.accept(served);
        });
    }

    /** Seconds in which an endpoint computes a prompt that it knows nothing of. */
    double seconds(Endpoint endpoint, long promptTokens) {
        return time.rates(endpoint, MODEL).rates().prefillSeconds(promptTokens, 0, 0);
    }

    /** Seconds that a step of an idle endpoint takes. */
    double stepSeconds(Endpoint endpoint) {
        return time.rates(endpoint, MODEL).rates().interTokenSeconds(1, 0);
    }

    /** Requests that are served now. */
    int inFlight() {
        return inFlight;
    }

    QueueSnapshot.Band band(int priority) {
        return flow.snapshot().bands().stream()
                .filter(band -> band.priority() == priority)
                .findFirst()
                .orElseThrow();
    }

    private static final Evictable UNEVICTABLE = new Evictable() {
        @Override
        public boolean evictable() {
            return false;
        }

        @Override
        public boolean begun() {
            return false;
        }

        @Override
        public double spentSeconds() {
            return 0;
        }

        @Override
        public double secondsLeft() {
            return 0;
        }

        @Override
        public boolean evict(Refusal refusal) {
            return false;
        }
    };
}
