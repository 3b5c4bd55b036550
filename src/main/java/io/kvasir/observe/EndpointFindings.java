package io.kvasir.observe;

import static io.kvasir.observe.Finding.ERROR;
import static io.kvasir.observe.Finding.INFO;
import static io.kvasir.observe.Finding.WARNING;

import io.kvasir.pool.Endpoint;
import io.kvasir.route.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is wrong with one endpoint at one moment, by what is known of it; the worst first. */
final class EndpointFindings {
    /** How many times as long as others like it an endpoint may take. */
    static final double SLOW = 1.4;

    /** Share of the tokens expected in a cache that must be found there. */
    static final float BELIEVABLE = 0.5f;

    /** Requests of others that wait at an endpoint from which on they are worth a line. */
    static final int FOREIGN = 4;

    /** States of KV events in which all is well, or nothing was asked for. */
    private static final Set<String> EVENTS_WELL = Set.of("complete", "not-configured");

    private final Router router;
    private final Endpoint endpoint;
    private final long now;
    private final List<Finding> found = new ArrayList<>();

    private EndpointFindings(Router router, Endpoint endpoint, long now) {
        this.router = router;
        this.endpoint = endpoint;
        this.now = now;
    }

    /** Looks at it. */
    static List<Finding> of(Router router, Endpoint endpoint, long nowNanos) {
        var look = new EndpointFindings(router, endpoint, nowNanos);
        look.health();
        if (endpoint.health().routable()) {
            look.standstill();
            look.page();
            look.models();
            look.speed();
            look.cache();
            look.load();
        }
        look.hardware();
        return look.found;
    }

    private void add(String code, String severity, String what, String advice) {
        found.add(new Finding(code, severity, endpoint.spec().name(), what, advice));
    }

    private void health() {
        switch (endpoint.health().standing(now)) {
            case REFUSED ->
                add(
                        "down",
                        ERROR,
                        "is down: connections are refused",
                        "see whether its process runs and listens on " + endpoint.hostPort());
            case SILENT ->
                add(
                        "silent",
                        ERROR,
                        "is down: it does not answer probes",
                        "see whether the engine hangs, and whether the network lets us reach " + endpoint.hostPort());
            case EJECTED ->
                add(
                        "ejected",
                        ERROR,
                        "gets few requests or none: they fail there and not elsewhere",
                        "read the engine's log; it is tried again by itself");
            case PRESSED ->
                add(
                        "pressed",
                        WARNING,
                        "says that it is too busy",
                        "nothing, if it passes; else add replicas or lower the load");
            case GOOD -> {}
        }
        if (endpoint.stats().asleep()) {
            add("asleep", WARNING, "sleeps, by its engine's word", "wake it up, or take it out of the pool");
        }
    }

    private void standstill() {
        double still = new Standstill(router.time(), router.freshNanos()).seconds(endpoint, now);
        if (still > 0) {
            long awaited = endpoint.load().prefills();
            add(
                    "hangs",
                    ERROR,
                    String.format(
                            Locale.ROOT,
                            "has begun no answer for %.0f s, though it answers probes and %d %s for one",
                            still,
                            awaited,
                            awaited == 1 ? "request waits" : "requests wait"),
                    "read the engine's log, and restart it where it hangs; where it only has too much to do, add replicas or"
                            + " lower the load");
        }
    }

    private void page() {
        String problem = endpoint.pageProblem();
        if (problem != null) {
            add(
                    "page-unreadable",
                    WARNING,
                    "has a metrics page that cannot be read (" + problem + ")",
                    adviceForReading(problem, "its metrics port and path"));
        } else if (endpoint.stats().known() && endpoint.stats().ageNanos(now) > router.freshNanos()) {
            add(
                    "page-stale",
                    WARNING,
                    String.format(
                            Locale.ROOT,
                            "has a metrics page that is %.0f s old, so that it does not count",
                            endpoint.stats().ageNanos(now) * 1e-9),
                    "see why the page takes so long; our own books are used meanwhile");
        }
    }

    private void models() {
        String problem = endpoint.knowledge().problem();
        if (problem != null) {
            add(
                    "models-unreadable",
                    WARNING,
                    "has a list of models that cannot be read (" + problem
                            + "), so that names are passed to it unchecked",
                    adviceForReading(problem, "/v1/models there"));
        }
    }

    private static String adviceForReading(String problem, String where) {
        return switch (problem) {
            case "unauthorized" -> "give its key: --engine-api-key-file, or the variable KVASIR_ENGINE_API_KEY";
            case "too-large" ->
                "it is longer than is read: shorten it, or name the model in the endpoint's description";
            case "timeout", "connect", "cut", "tls" -> "see whether " + where + " can be reached from here";
            default -> "ask for " + where + " by hand, and see what answers: kvasir check helps";
        };
    }

    private void speed() {
        double pace = endpoint.pace().factor(now);
        if (pace >= SLOW) {
            add(
                    "slow",
                    WARNING,
                    String.format(Locale.ROOT, "takes %.1f times as long as others like it", pace),
                    "look for a throttled device, a neighbour on its host or another engine version; it is sent less"
                            + " meanwhile");
        }
    }

    private void cache() {
        var events = endpoint.replica().kvEvents();
        if (!EVENTS_WELL.contains(events.state())) {
            add("kv-events", WARNING, eventWords(events.state()), eventAdvice(events.state()));
        }
        float accuracy = router.belief(endpoint).accuracy();
        if (accuracy < BELIEVABLE) {
            add(
                    "cache-belief",
                    INFO,
                    String.format(
                            Locale.ROOT,
                            "finds %.0f %% of what is expected in its cache, prompt by prompt, so that this counts for less",
                            100 * accuracy),
                    "nothing, where prompts share their first words only; else see whether prefix caching is on and who else"
                            + " uses its cache, or turn KV events on");
        }
    }

    private static String eventWords(String state) {
        return switch (state) {
            case "silent" -> "computes new blocks and sends no KV events";
            case "unmatched" -> "finds prompts in its cache of which its KV events told nothing that matches";
            case "unconfirmed" -> "sends KV events that do not tell of the prompts it gets";
            case "disconnected" -> "has KV events that cannot be connected to";
            case "unresponsive" -> "takes connections where its KV events are and says nothing there";
            case "caching-off" -> "keeps no prefixes for later requests: prefix caching is off there";
            case "unheard" -> "has sent no KV event yet";
            case "partial" -> "has told of a part of its cache only: events were missed";
            case "waiting" -> "missed KV events that are being asked for again";
            case "uncertain" -> "missed KV events that cannot be had again";
            case "shared" -> "has KV events that somebody else reads too, which takes them away";
            case "not-offered" -> "has no page of KV events where its description says";
            case "unknown-groups" -> "has layers of which its KV events do not tell what they need of a prefix";
            default -> "has KV events that cannot come (" + state + ")";
        };
    }

    private static String eventAdvice(String state) {
        return switch (state) {
            case "partial", "waiting", "uncertain" ->
                "it mends with time; set a replay endpoint in the engine's KV events configuration";
            case "unmatched", "unconfirmed" ->
                "see whether the events are its own, and whether the tokens of prompts are known as it knows them"
                        + " (--tokenizers); estimates are used meanwhile";
            case "unheard" -> "nothing, if it is idle; else compare topic and address with the engine's configuration";
            case "shared" ->
                "let nobody else read them, another Kvasir included, or have the engine keep more of them"
                        + " (event_buffer_max_size); estimates are used meanwhile";
            case "caching-off" -> "start its engine without --no-enable-prefix-caching; no reuse is expected of it";
            case "unresponsive" ->
                "see whether its process hangs, and whether the port is its publisher's; estimates are used meanwhile";
            case "unknown-groups" -> "nothing: estimates are used for this model";
            default ->
                "compare kvEvents of its description with the engine's --kv-events-config; estimates are used"
                        + " meanwhile";
        };
    }

    private void load() {
        long foreign = endpoint.load().othersWaiting();
        if (foreign >= FOREIGN && endpoint.stats().ageNanos(now) <= router.freshNanos()) {
            add(
                    "foreign-load",
                    INFO,
                    "has " + foreign + " requests waiting that did not come through here",
                    "nothing, if others may use it; else find out who does");
        }
    }

    private void hardware() {
        var hardware = endpoint.hardware();
        if (!hardware.known()) {
            add(
                    "unknown-hardware",
                    WARNING,
                    String.format(
                            Locale.ROOT,
                            "runs on %s, which the catalogue does not know: it counts as %.2g of an H100, by %s",
                            product(endpoint),
                            endpoint.weight(),
                            hardware.basis().words()),
                    "give product and partition in its description or by node labels, or a weight");
        }
    }

    private static String product(Endpoint endpoint) {
        @Nullable String product = endpoint.spec().product();
        return product == null
                ? "hardware that nobody told"
                : endpoint.spec().partition() == null
                        ? product
                        : product + "/" + endpoint.spec().partition();
    }
}
