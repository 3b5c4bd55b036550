package io.kvasir.observe;

import io.kvasir.cost.Prediction;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.route.Outcome;
import io.kvasir.route.RequestTrace;
import io.kvasir.route.RouterEvent;
import io.kvasir.schedule.Decision;
import io.kvasir.traffic.Door;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The span of one request: GenAI's semantic conventions where they have a name for what is told, {@code kvasir.*} for the
 * facts of the decision. Names and numbers only, nothing of a prompt; what clients name themselves is cut at {@value
 * #LONGEST} characters.
 */
final class RequestSpan implements RequestTrace {
    private static final int LONGEST = 128;
    private static final int LEAST_ERROR = 400;
    private static final int LEAST_SERVER_ERROR = 500;

    private final Span span;
    private final Context above;
    private final Door door;
    private final Supplier<String> policy;
    private volatile boolean failed;
    /** It was sent somewhere, and nobody has told what became of it there. */
    private volatile boolean open;

    /** @param above what the span is a child of */
    RequestSpan(Span span, Context above, Door door, Supplier<String> policy) {
        this.span = span;
        this.above = above;
        this.door = door;
        this.policy = policy;
    }

    @Override
    public boolean kept() {
        return span.isRecording();
    }

    @Override
    public void propagate(BiConsumer<String, String> headers) {
        W3CTraceContextPropagator.getInstance().inject(above.with(span), headers, (to, name, value) -> {
            if (to != null) {
                to.accept(name, value);
            }
        });
    }

    @Override
    public void on(RouterEvent event) {
        switch (event) {
            case RouterEvent.Decided decided -> {
                asked(decided.asked());
                text("kvasir.routed_model", decided.rules().model());
                text("kvasir.rewrite", decided.rules().rewrite().code());
                number("kvasir.priority", decided.rules().priority());
                number("kvasir.prompt_tokens", decided.routed().promptTokens());
                decided(decided.decision());
            }
            case RouterEvent.Placed placed -> placed(placed);
            case RouterEvent.Refused refused -> {
                asked(refused.asked());
                failed(refused.refusal().reason().code(), refused.refusal().status() >= LEAST_SERVER_ERROR);
            }
            case RouterEvent.Ended ended -> ended(ended);
            case RouterEvent.IndexChanged _, RouterEvent.RatesDrifted _ -> {}
        }
    }

    private void asked(Request request) {
        String operation = operation(request.dialect());
        String model = request.model();
        text("gen_ai.operation.name", operation);
        text("gen_ai.request.model", model);
        if (operation != null) {
            span.updateName(model == null || model.isEmpty() ? operation : operation + " " + cut(model));
        }
        text("kvasir.request_id", request.headers().requestId());
        text("kvasir.objective", request.headers().objective());
        text("kvasir.tenant", request.headers().fairnessId());
    }

    /** As GenAI's conventions call what is asked for; null for what they do not know. */
    private static @Nullable String operation(Dialect dialect) {
        return switch (dialect) {
            case CHAT_COMPLETIONS, RESPONSES, MESSAGES -> "chat";
            case COMPLETIONS, GENERATE -> "text_completion";
            case EMBEDDINGS -> "embeddings";
            case SCORING, MODEL_ONLY, PASSTHROUGH -> null;
        };
    }

    private void decided(Decision decision) {
        text("kvasir.policy", policy.get());
        text("kvasir.decision.reason", decision.reason().code());
        text("kvasir.decision.pairing", decision.pairing().code());
        text("kvasir.decision.encoding", decision.encoding().code());
        number("kvasir.decision.candidates", decision.candidates());
        number("kvasir.decision.cached_tokens", decision.cachedTokens());
        number("kvasir.decision.best_cached_tokens", decision.bestCachedTokens());
        var source = decision.prefixSource();
        text("kvasir.decision.prefix_view", source == null ? null : source.code());
        var prefill = decision.prefill();
        if (prefill != null) {
            text("kvasir.prefill.endpoint", prefill.spec().name());
            number("kvasir.prefill.cached_tokens", decision.prefillCachedTokens());
        }
    }

    private void placed(RouterEvent.Placed placed) {
        open = true;
        var endpoint = placed.endpoint();
        var spec = endpoint.spec();
        span.addEvent(
                "placed",
                Attributes.of(
                        AttributeKey.stringKey("kvasir.endpoint"),
                        spec.name(),
                        AttributeKey.stringKey("kvasir.reason"),
                        placed.reason().code()));
        text("kvasir.door", door == Door.PROXY ? "proxy" : "ext-proc");
        text("kvasir.endpoint", spec.name());
        text("kvasir.hardware", endpoint.hardware().name());
        text("gen_ai.provider.name", spec.engine().label());
        text("server.address", spec.address());
        number("server.port", spec.port());
        predicted(placed.prediction());
    }

    private void predicted(Prediction expected) {
        seconds("kvasir.predicted.wait_seconds", expected.waiting());
        seconds("kvasir.predicted.prefill_seconds", expected.prefill());
        seconds("kvasir.predicted.transfer_seconds", expected.transfer());
        seconds("kvasir.predicted.token_seconds", expected.perToken());
        seconds("kvasir.predicted.first_token_seconds", expected.firstToken());
        seconds("kvasir.predicted.seconds", expected.end());
    }

    private void ended(RouterEvent.Ended ended) {
        open = false;
        text("kvasir.outcome", ended.outcome().code());
        seconds("kvasir.first_token_seconds", ended.firstTokenSeconds());
        reported("gen_ai.usage.input_tokens", ended.usage().promptTokens());
        reported("gen_ai.usage.cache_read.input_tokens", ended.usage().cachedTokens());
        reported("gen_ai.usage.output_tokens", ended.usage().outputTokens());
        if (ended.outcome() != Outcome.COMPLETED) {
            failed(ended.outcome().code(), isServers(ended.outcome()));
        }
    }

    /** Whether the pool failed, and not its client. */
    private static boolean isServers(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED, CLIENT_GONE, REFUSED_BY_ENGINE, EVICTED, EXPIRED -> false;
            case CONNECT_FAILED, UPSTREAM_RESET, FIRST_BYTE_TIMEOUT, ENDPOINT_LOST, UPSTREAM_ERROR, SHUTDOWN -> true;
        };
    }

    private void failed(String type, boolean error) {
        failed = true;
        text("error.type", type);
        if (error) {
            span.setStatus(StatusCode.ERROR, type);
        }
    }

    @Override
    public void end(int status) {
        if (!span.isRecording()) {
            return;
        }
        if (status > 0) {
            number("http.response.status_code", status);
        }
        if (open) {
            // the gateway does not show answers: the books stay open until the predicted end
            text("kvasir.outcome", "unseen");
        }
        if (status >= LEAST_ERROR && !failed) {
            failed(Integer.toString(status), status >= LEAST_SERVER_ERROR);
        }
        span.end();
    }

    private void text(String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            span.setAttribute(name, cut(value));
        }
    }

    private void number(String name, long value) {
        span.setAttribute(name, value);
    }

    /** @param count -1 where nobody said */
    private void reported(String name, int count) {
        if (count >= 0) {
            span.setAttribute(name, count);
        }
    }

    private void seconds(String name, double seconds) {
        if (!Double.isNaN(seconds)) {
            span.setAttribute(name, Digits.sensible(seconds));
        }
    }

    private static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
    }
}
