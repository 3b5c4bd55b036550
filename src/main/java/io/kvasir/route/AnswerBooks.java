package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import org.jspecify.annotations.Nullable;

/** What is seen of one request's answer while it comes, and what the engine says that it took: times and tokens. */
final class AnswerBooks {
    private final Router router;
    private final Passage passage;
    private final Decision decision;
    private final long startNanos;
    /** Who evicts looks at it from other threads. */
    private volatile boolean begun;

    private long lastNanos;
    private int tokens;
    private int completionTokens = -1;
    private long computedTokens = -1;
    private long promptTokens = -1;
    private long size = -1;
    private RouterEvent.Usage usage = RouterEvent.Usage.UNKNOWN;
    private boolean reported;
    private int reportedPrompt = -1;
    private int reportedCached = -1;
    private RequestTimes.@Nullable Times times;

    /** @param startNanos when the request was decided */
    AnswerBooks(Router router, Passage passage, Decision decision, long startNanos) {
        this.router = router;
        this.passage = passage;
        this.decision = decision;
        this.startNanos = startNanos;
    }

    /** Whether content was seen. */
    boolean begun() {
        return begun;
    }

    /** The first content came. */
    void firstToken(PlacedWork at, EndpointEvidence evidence) {
        long now = router.nanoTime();
        begun = true;
        lastNanos = now;
        tokens = 1;
        times(at.endpoint(), evidence).firstToken().record(now - startNanos);
        at.placement().token(now);
        if (comparable(evidence) && passage.request().stream()) {
            at.placement().comparedFirst(times(at.endpoint(), evidence).predicted());
            at.observation().firstToken(now);
        }
    }

    /** {@code count} more tokens came together. */
    void tokens(int count, PlacedWork at, EndpointEvidence evidence) {
        long now = router.nanoTime();
        times(at.endpoint(), evidence).betweenTokens().record((now - lastNanos) / count, count);
        lastNanos = now;
        at.placement().token(now);
        tokens += count;
        if (evidence.tells()) {
            at.observation().events(count, now);
        }
    }

    /** The same of tokens that came one by one. */
    void tokens(long[] atNanos, int from, int until, PlacedWork at, EndpointEvidence evidence) {
        var between = times(at.endpoint(), evidence).betweenTokens();
        long before = lastNanos;
        for (int i = from; i < until; i++) {
            between.record(atNanos[i] - before, 1);
            before = atNanos[i];
        }
        lastNanos = before;
        at.placement().token(before);
        tokens += until - from;
        if (evidence.tells()) {
            for (int i = from; i < until; i++) {
                at.observation().events(1, atNanos[i]);
            }
        }
    }

    /**
     * What the engine reported, see {@link ResponseBooks#usage}.
     *
     * @param paired whether two endpoints computed it, so that nobody says whose cache is meant
     */
    void usage(int prompt, int cached, int completion, PlacedWork at, boolean paired) {
        completionTokens = Math.min(completion, Request.MOST_OUTPUT_TOKENS);
        reported = true;
        reportedPrompt = prompt;
        reportedCached = cached;
        if (prompt >= 0 && cached >= 0) {
            computedTokens = Math.max(0, prompt - cached);
            promptTokens = prompt;
        }
        if (prompt > 0 && decision.reason() != PickReason.EARLY) {
            router.tokenSizes().seen(routed(), at.endpoint().names(routed()), passage.request(), prompt);
        }
        router.counts().usage(prompt, paired ? -1 : cached, at.cachedTokens(), at.foretold(), completion);
        if (cached >= 0 && !paired) {
            at.observed(cached);
        }
        if (router.events().wants(RouterEvent.Kind.ENDED) || passage.hints().keptTrace() != null) {
            usage = new RouterEvent.Usage(prompt, paired ? -1 : cached, completionTokens);
        }
    }

    /** It had that many bytes. */
    void size(long bytes) {
        size = bytes;
    }

    /** Bytes that it had; -1 where it did not come whole. */
    long size() {
        return size;
    }

    /** What the engine reported, or what was seen of a stream of which it reported nothing. */
    RouterEvent.Usage usage() {
        return reported || !passage.request().stream() ? usage : new RouterEvent.Usage(-1, -1, tokens);
    }

    /** Tokens of the output: as the engine says, else as they were seen. */
    int output() {
        return completionTokens >= 0 ? completionTokens : events();
    }

    /** Tokens of the prompt that were computed: as the engine says, else that many. */
    long computed(long expected) {
        return computedTokens >= 0 ? computedTokens : expected;
    }

    /** A body that came whole without a word of its length is one event, and says nothing. */
    private int events() {
        return passage.request().stream() ? tokens : 0;
    }

    /** It is over, and was computed: counts what it took. */
    void took(PlacedWork at) {
        var request = passage.request();
        router.counts()
                .usage()
                .took(
                        request,
                        at.endpoint(),
                        reportedPrompt >= 0 ? reportedPrompt : request.promptTokens(),
                        reportedCached,
                        output(),
                        at.isPlaced() ? (router.nanoTime() - at.placement().placedNanos()) * 1e-9 : 0);
    }

    /** Nothing more comes. */
    void ended() {
        if (!reported && events() > 0) {
            router.counts().unreported(passage.request().promptTokens(), events());
        }
    }

    /** It came in full, just now. */
    void complete(PlacedWork at, EndpointEvidence evidence) {
        long now = router.nanoTime();
        var request = passage.request();
        var endpoint = at.endpoint();
        int output = output();
        double perSequence = (double) output / Math.max(1, at.sequences());
        times(endpoint, evidence).whole().record(now - startNanos);
        if (comparable(evidence)) {
            at.placement().compared(times(endpoint, evidence).predicted(), request.stream(), perSequence, now);
            if (request.stream()) {
                at.observation().complete(promptTokens, computedTokens, perSequence, tokens, now);
            }
        }
        if (output > 0) {
            router.outputs().seen(request, routed(), endpoint.names(routed()), (int) Math.max(1, perSequence), now);
        }
    }

    /** Whether what happens tells how good the prediction was: the prompt was known, and it is this endpoint that answers. */
    private boolean comparable(EndpointEvidence evidence) {
        return decision.reason() != PickReason.EARLY && evidence.tells();
    }

    private String routed() {
        return passage.request().model() == null ? "" : passage.request().model();
    }

    /** The request goes to another endpoint. */
    void moved() {
        times = null;
    }

    /** Looked up once there is an answer, which tells whether the model's name is more than a client's. */
    private RequestTimes.Times times(Endpoint endpoint, EndpointEvidence evidence) {
        var found = times;
        if (found == null) {
            String rewritten = passage.rules().model();
            found = router.counts()
                    .times()
                    .of(
                            rewritten == null ? routed() : rewritten,
                            endpoint.hardware().name(),
                            endpoint.names(routed()),
                            !evidence.refused());
            times = found;
        }
        return found;
    }
}
