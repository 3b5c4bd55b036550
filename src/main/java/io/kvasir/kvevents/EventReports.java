package io.kvasir.kvevents;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.KvEventReport;
import io.kvasir.prefix.PreciseView;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the view how much of each endpoint's history is known, and everybody else what its events are worth and why not
 * more. For the thread that polls, but for what is read.
 */
final class EventReports implements Metered {
    private static final System.Logger LOG = System.getLogger("io.kvasir.kvevents");
    private static final long REPORT_NANOS = 200_000_000L;

    private final PreciseView view;
    private final LongSupplier nanoClock;
    private Consumer<Endpoint> asker = _ -> {};
    private long reported;
    private volatile Map<String, Integer> states = Map.of();

    EventReports(PreciseView view, LongSupplier nanoClock) {
        this.view = view;
        this.nanoClock = nanoClock;
    }

    /** Says who asks an engine again where its events are. */
    void asking(Consumer<Endpoint> again) {
        asker = again;
    }

    /** Tells what is known now. */
    void conclude(Collection<Followed> followed, long now) {
        if (reported == 0 || now - reported >= REPORT_NANOS) {
            reported = now;
            report(followed);
        } else {
            followed.forEach(this::cover);
        }
    }

    private void cover(Followed known) {
        var heard = known.states();
        // where no prefixes are kept, what was sent is not there later either
        float coverage = heard.isEmpty() || !keepsPrefixes(known) ? 0 : 1;
        for (EventState state : heard) {
            coverage = Math.min(coverage, state.coverage());
        }
        view.coverage(known.endpoint.tenancy(), coverage);
    }

    private static boolean keepsPrefixes(Followed known) {
        return known.endpoint.stats().cache().reuses();
    }

    private void report(Collection<Followed> followed) {
        var all = new HashMap<String, Integer>();
        for (Followed known : followed) {
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
        if (!keepsPrefixes(known)) {
            return new KvEventReport(known.way(), "caching-off", view.confidence(tenancy));
        }
        if (heard.isEmpty()) {
            return new KvEventReport("none", known.problem(), 0);
        }
        known.expectWhatItsPageSays();
        var worst = EventState.COMPLETE;
        for (EventState state : heard) {
            worst = state.coverage() < worst.coverage() ? state : worst;
        }
        if (known.isToBeAsked(!worst.isConnected(), nanoClock.getAsLong())) {
            asker.accept(known.endpoint);
        }
        String doubt = doubt(known, worst.isConnected());
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
}
