package io.kvasir.observe;

import io.kvasir.request.Dialect;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.route.Explained;
import io.kvasir.route.Router;
import io.kvasir.route.RoutingHints;
import io.kvasir.schedule.Explanation;
import io.kvasir.traffic.Door;
import io.kvasir.traffic.HeaderReader;
import io.kvasir.traffic.RoutingHeader;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/explain?path=/v1/chat/completions}: where a request with this body would go now, and why. Nothing is
 * sent and no books are opened. The headers of objective and model rewrite count as they would at a door, and the
 * prefill endpoint is the one that the endpoint picker would name.
 */
@Path("/api/explain")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ExplainResource {
    private final ObservedRouter observed;

    ExplainResource(ObservedRouter observed) {
        this.observed = observed;
    }

    /** A decision with what led to it. */
    @RegisterForReflection
    public record Answer(
            String profile,
            long promptTokens,
            @Nullable String model,
            String rewrite,
            @Nullable String rewriteRule,
            String objective,
            int priority,
            @Nullable String endpoint,
            @Nullable String reason,
            @Nullable Double predictedTtftSeconds,
            @Nullable String rejected,
            @Nullable String prefill,
            @Nullable String pairing,
            @Nullable String encoding,
            List<String> encoders,
            Map<String, List<String>> dropped,
            List<Scored> candidates,
            @Nullable Stage prefillStage) {}

    /** How the prefill endpoint was found, or was not. */
    @RegisterForReflection
    public record Stage(Map<String, List<String>> dropped, List<Scored> candidates) {}

    /**
     * One candidate's values, with four significant digits. Seconds are what the time model expects, under any policy; under
     * policy {@code time} the total is minus wait, prefill, transfer and felt seconds; above 0 where the request says how fast
     * is fast enough and the endpoint is expected to be, see {@link io.kvasir.schedule.TimeScorer}.
     *
     * @param prefixView what the cached tokens rest on; null where no view of prefixes was asked
     * @param confidence in them, from 0 to 1
     * @param waitSeconds until the engine begins with the request
     * @param prefillSeconds of the tokens that it does not hold
     * @param transferSeconds of the KV cache to the decode endpoint
     * @param decodeSeconds of the whole answer
     * @param tokenSeconds between two tokens of a sequence
     * @param delaySeconds by which others decode longer because of it, and itself where its blocks will not suffice
     * @param feltSeconds what decode, delay and those who will come count, in seconds of waiting, see {@link io.kvasir.cost.DecodeWeight}
     * @param outputTokens expected of each sequence
     * @param sequences that decode at once: prompts times samples
     * @param scores by scorer, unweighted
     */
    @RegisterForReflection
    public record Scored(
            String endpoint,
            int cachedTokens,
            @Nullable String prefixView,
            double confidence,
            double waitSeconds,
            double prefillSeconds,
            double transferSeconds,
            double decodeSeconds,
            double tokenSeconds,
            double delaySeconds,
            double feltSeconds,
            double outputTokens,
            int sequences,
            Map<String, Double> scores,
            double total) {
        static Scored of(Explanation.Candidate candidate) {
            var scores = new LinkedHashMap<String, Double>();
            candidate.scores().forEach((scorer, score) -> scores.put(scorer, Digits.sensible(score)));
            var cost = candidate.cost();
            return new Scored(
                    candidate.endpoint(),
                    candidate.cachedTokens(),
                    candidate.prefixSource() == null
                            ? null
                            : candidate.prefixSource().code(),
                    Digits.sensible(candidate.confidence()),
                    Digits.sensible(cost.waiting()),
                    Digits.sensible(cost.prefill()),
                    Digits.sensible(cost.transfer()),
                    Digits.sensible(cost.decode()),
                    Digits.sensible(cost.perToken()),
                    Digits.sensible(cost.delays()),
                    Digits.sensible(cost.felt()),
                    Digits.sensible(cost.work().outputTokens()),
                    cost.work().sequences(),
                    scores,
                    Digits.sensible(candidate.total()));
        }
    }

    /** Explains a request. */
    @POST
    @NonBlocking
    public Answer explain(@QueryParam("path") @Nullable String path, @Context HttpHeaders headers, byte[] body) {
        Router router = observed.router()
                .orElseThrow(() -> new WebApplicationException("not running yet", Response.Status.SERVICE_UNAVAILABLE));
        var said = read(headers, router);
        var reading = router.read(Dialect.ofPath(path == null ? "/v1/chat/completions" : path));
        try {
            reading.feed(body, 0, body.length);
            var request = reading.finish().withHeaders(said.headers());
            var explained = router.explain(
                    reading,
                    request,
                    RoutingHints.builder()
                            .rewrite(said.value(RoutingHeader.REWRITE))
                            .pairs(true)
                            .build());
            var rules = explained.rules();
            long measured = explained.explanation().promptTokens();
            return answer(
                    router,
                    measured > 0 ? measured : request.promptTokens(),
                    rules.model() == null ? request.model() : rules.model(),
                    explained);
        } catch (MalformedBodyException e) {
            throw new WebApplicationException(e.getMessage(), Response.Status.BAD_REQUEST);
        } finally {
            reading.abandon();
        }
    }

    /** Headers as a client of the proxy would send them. */
    private static HeaderReader read(HttpHeaders headers, Router router) {
        var reader = new HeaderReader(Door.PROXY, true, router.traffic());
        headers.getRequestHeaders().forEach((given, values) -> {
            String name = given.toLowerCase(Locale.ROOT);
            if (reader.wants(name)) {
                values.forEach(value -> reader.other(name, value));
            }
            var row = RoutingHeader.of(name);
            if (row != null) {
                values.forEach(value -> reader.read(row, name, value));
            }
        });
        return reader;
    }

    private static Answer answer(Router router, long promptTokens, @Nullable String model, Explained explained) {
        var decision = explained.result().decision();
        var refusal = explained.result().refusal();
        var rules = explained.rules();
        var explanation = explained.explanation();
        return new Answer(
                router.profiles().profile().name(),
                promptTokens,
                model,
                rules.rewrite().code(),
                rules.rule(),
                rules.objective().code(),
                rules.priority(),
                decision == null ? null : decision.endpoint().spec().name(),
                decision == null ? null : decision.reason().code(),
                decision == null || Double.isNaN(decision.predictedTtftSeconds())
                        ? null
                        : (Double) Digits.sensible(decision.predictedTtftSeconds()),
                refusal == null ? null : refusal.reason().code() + ": " + refusal.message(),
                decision == null || decision.prefill() == null
                        ? null
                        : decision.prefill().spec().name(),
                decision == null ? null : decision.pairing().code(),
                decision == null ? null : decision.encoding().code(),
                decision == null ? List.of() : EncoderNames.of(decision),
                explanation.dropped(),
                scored(explanation),
                explanation.prefill() == null
                        ? null
                        : new Stage(explanation.prefill().dropped(), scored(explanation.prefill())));
    }

    private static List<Scored> scored(Explanation explanation) {
        return explanation.candidates().stream().map(Scored::of).toList();
    }
}
