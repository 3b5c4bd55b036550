package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.observe.Standstill;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.route.Router;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One endpoint as a frame tells of it: a row of numbers, since there may be a thousand.
 *
 * @param best what replicas of its class do
 */
record EndpointRow(Router router, Endpoint endpoint, ReplicaTally tally, ReplicaTally.Best best, long nowNanos) {
    /** How many times as long as others like it an endpoint may take. */
    private static final double SLOW = 1.4;

    /** Share of a KV cache below which it counts as cold. */
    private static final double COLD = 0.002;

    /** How it stands, in a word. */
    private String state() {
        var state = endpoint.health().state();
        return switch (endpoint.health().standing(nowNanos)) {
            case REFUSED, SILENT -> "down";
            case EJECTED -> state == EndpointHealth.State.TRIAL ? "trial" : "ejected";
            case PRESSED -> "pressed";
            case GOOD ->
                endpoint.stats().asleep()
                        ? "asleep"
                        : state == EndpointHealth.State.TRIAL
                                ? "trial"
                                : state == EndpointHealth.State.UNKNOWN ? "unknown" : "up";
        };
    }

    /** What is to be seen at one look. */
    private List<String> marks() {
        var marks = new ArrayList<String>();
        if (endpoint.spec().sharing() > 1) {
            marks.add("shared");
        }
        if (!endpoint.health().routable()) {
            return marks;
        }
        if (endpoint.pace().factor(nowNanos) >= SLOW || tally.slowBeside(best)) {
            marks.add("slow");
        }
        if (new Standstill(router.time(), router.freshNanos()).seconds(endpoint, nowNanos) > 0) {
            marks.add("hangs");
        }
        var belief = router.belief(endpoint);
        if (belief.heldTokens() >= 0 && belief.heldTokens() < COLD * endpoint.kvTokens()) {
            marks.add("cold");
        }
        if (tally.lies()) {
            marks.add("lying");
        }
        var stats = endpoint.stats();
        if (stats.known() && stats.ageNanos(nowNanos) > router.freshNanos()) {
            marks.add("stale");
        }
        if (endpoint.pageProblem() != null || endpoint.knowledge().problem() != null) {
            marks.add("unreadable");
        }
        if (!endpoint.hardware().known()) {
            marks.add("unknown hardware");
        }
        return marks;
    }

    void write(JsonGenerator json) throws IOException {
        var stats = endpoint.stats();
        var load = endpoint.load();
        json.writeStartArray();
        json.writeNumber(endpoint.ordinal());
        json.writeString(state());
        json.writeNumber(load.requests());
        json.writeNumber(Math.round(load.decoding(nowNanos)));
        Numbers.write(json, stats.running() < 0 ? Double.NaN : stats.running());
        Numbers.write(json, stats.waiting() < 0 ? Double.NaN : stats.waiting());
        Numbers.write(json, stats.kvUsage());
        Numbers.write(json, stats.known() ? stats.ageNanos(nowNanos) * 1e-9 : Double.NaN);
        Numbers.write(json, endpoint.pace().factor(nowNanos));
        Numbers.write(json, load.pendingNanos(nowNanos) * 1e-9);
        long held = router.belief(endpoint).heldTokens();
        Numbers.write(json, held < 0 ? Double.NaN : held);
        json.writeString(endpoint.replica().kvEvents().state());
        json.writeString(String.join(",", marks()));
        Numbers.write(json, tally.ratio());
        Numbers.write(json, tally.expected());
        Numbers.write(json, tally.found());
        json.writeEndArray();
    }
}
