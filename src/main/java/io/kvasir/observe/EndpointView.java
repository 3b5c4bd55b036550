package io.kvasir.observe;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineStats;
import io.kvasir.route.Router;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint as the router sees it. What is unknown is null.
 *
 * @param engineVersion as the engine tells it
 * @param devices GPUs or slices
 * @param sharing replicas that share each of them in time
 * @param weight capacity relative to a whole H100
 * @param bytesPerToken bytes of text that a token of its model's prompts takes, learned from what engines report
 * @param answers whether what it is asked for can be read
 * @param inFlight the router's own books
 * @param scraped what the engine said last
 * @param kvEvents how its KV events come
 * @param rates how fast it is taken to be
 */
@RegisterForReflection
public record EndpointView(
        String name,
        String address,
        String role,
        String engine,
        @Nullable String engineVersion,
        String hardware,
        @Nullable String product,
        @Nullable String partition,
        int devices,
        int sharing,
        double weight,
        @Nullable String model,
        double bytesPerToken,
        List<String> models,
        Answers answers,
        String state,
        InFlight inFlight,
        @Nullable Scraped scraped,
        KvEvents kvEvents,
        RatesView rates) {

    /**
     * Whether what it is asked for can be read.
     *
     * @param protocol how its API is spoken to
     * @param modelList {@code read}, {@code unread} or {@code unreadable}
     * @param modelListProblem why it cannot be read now, as a reason code
     * @param pageProblem why its metrics page cannot
     */
    @RegisterForReflection
    public record Answers(
            String protocol,
            String modelList,
            @Nullable String modelListProblem,
            @Nullable String pageProblem) {}

    /** What the router placed there and has not seen end; prefill in expected seconds. */
    @RegisterForReflection
    public record InFlight(long requests, long promptTokens, long outputTokens, double prefillSeconds) {}

    /** The last metrics page and its age in seconds. */
    @RegisterForReflection
    public record Scraped(
            double ageSeconds,
            @Nullable Integer running,
            @Nullable Integer waiting,
            @Nullable Double kvUsage,
            @Nullable Long kvTokens,
            boolean asleep) {}

    /**
     * How its KV events come.
     *
     * @param way {@code dialled}, {@code bound}, {@code polled} or {@code none}
     * @param state what they are worth, as a reason code
     * @param confidence how sure the precise view is of it, 0 to 1
     */
    @RegisterForReflection
    public record KvEvents(String way, String state, double confidence) {}

    static EndpointView of(Router router, Endpoint endpoint, long nowNanos) {
        var spec = endpoint.spec();
        var load = endpoint.load();
        return new EndpointView(
                spec.name(),
                endpoint.hostPort(),
                spec.role().name().toLowerCase(Locale.ROOT),
                spec.engine().label(),
                endpoint.engineVersion(),
                endpoint.hardware().name(),
                spec.product(),
                spec.partition(),
                spec.count(),
                spec.sharing(),
                Digits.sensible(endpoint.weight()),
                spec.model(),
                Digits.sensible(router.bytesPerToken(
                        Objects.requireNonNullElse(spec.model() == null ? endpoint.baseModel() : spec.model(), ""))),
                endpoint.models().stream().map(served -> served.id()).toList(),
                new Answers(
                        endpoint.protocol().label(),
                        endpoint.knowledge().state(),
                        endpoint.knowledge().problem(),
                        endpoint.pageProblem()),
                endpoint.health().state().name().toLowerCase(Locale.ROOT),
                new InFlight(
                        load.requests(),
                        load.promptTokens(),
                        load.outputTokens(),
                        Digits.sensible(load.pendingNanos(nowNanos) * 1e-9)),
                scraped(endpoint.stats(), nowNanos),
                new KvEvents(
                        endpoint.replica().kvEvents().way(),
                        endpoint.replica().kvEvents().state(),
                        Digits.sensible(endpoint.replica().kvEvents().confidence())),
                RatesView.of(router.time(), endpoint, nowNanos));
    }

    private static @Nullable Scraped scraped(EngineStats stats, long nowNanos) {
        if (!stats.known()) {
            return null;
        }
        return new Scraped(
                Digits.sensible(stats.ageNanos(nowNanos) * 1e-9),
                stats.running() < 0 ? null : stats.running(),
                stats.waiting() < 0 ? null : stats.waiting(),
                Double.isNaN(stats.kvUsage()) ? null : (Double) Digits.sensible(stats.kvUsage()),
                stats.kvTokens() < 0 ? null : stats.kvTokens(),
                stats.asleep());
    }
}
