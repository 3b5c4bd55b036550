package io.kvasir.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.cost.Prediction;
import io.kvasir.request.Request;
import io.kvasir.route.PrefixFallback;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.RouterListener;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.EncodeReason;
import io.kvasir.traffic.AppliedRules;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs a share of the decisions as JSON objects, one a line, in the category {@value #CATEGORY}. Names and numbers only:
 * nothing of a prompt is ever in it. What clients name themselves is cut at {@value #LONGEST} characters.
 */
public final class DecisionLog implements RouterListener {
    /** The logger's category. */
    public static final String CATEGORY = "io.kvasir.decision";

    private static final int LONGEST = 128;
    private static final JsonFactory JSON = new JsonFactory();

    private final double share;
    private final DoubleSupplier chance;
    private final Consumer<String> lines;

    /**
     * Logs at level INFO.
     *
     * @param share of the decisions to log, from 0 to 1
     */
    public DecisionLog(double share) {
        this(share, () -> ThreadLocalRandom.current().nextDouble(), Logger.getLogger(CATEGORY)::info);
    }

    /** @param chance draws from 0 to 1 for each decision, which is logged where it is below the share */
    DecisionLog(double share, DoubleSupplier chance, Consumer<String> lines) {
        this.share = share;
        this.chance = chance;
        this.lines = lines;
    }

    /** What it listens to. */
    public static Set<RouterEvent.Kind> kinds() {
        return EnumSet.of(RouterEvent.Kind.DECIDED, RouterEvent.Kind.REFUSED);
    }

    @Override
    public void on(RouterEvent event) {
        if (chance.getAsDouble() >= share) {
            return;
        }
        switch (event) {
            case RouterEvent.Decided decided ->
                lines.accept(line(
                        decided.asked(), decided.rules(), decided.routed().promptTokens(), json -> {
                            text(json, "tokens", decided.tokens().code());
                            decision(json, decided.decision(), decided.prediction());
                            text(json, "prefixFallback", PrefixFallback.of(decided.decision(), decided.tokens()));
                        }));
            case RouterEvent.Refused refused ->
                lines.accept(line(
                        refused.asked(),
                        refused.rules(),
                        refused.asked().promptTokens(),
                        json -> text(
                                json, "rejected", refused.refusal().reason().code())));
            default -> {}
        }
    }

    /** Writes the end of a line. */
    private interface Rest {
        void write(JsonGenerator json) throws IOException;
    }

    /** @param promptTokens as the decision took them, which knows the model */
    private static String line(Request request, AppliedRules rules, long promptTokens, Rest rest) {
        var line = new StringWriter();
        try (var json = JSON.createGenerator(line)) {
            json.writeStartObject();
            text(json, "request", request.requestId());
            text(json, "model", request.model());
            text(json, "routedModel", rules.model());
            text(json, "rewrite", rules.rewrite().code());
            text(json, "rule", rules.rule());
            text(json, "objective", request.headers().objective());
            text(json, "objectiveFrom", rules.objective().code());
            json.writeNumberField("priority", rules.priority());
            json.writeNumberField("promptTokens", promptTokens);
            rest.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString();
    }

    private static void decision(JsonGenerator json, Decision decision, Prediction expected) throws IOException {
        text(json, "endpoint", decision.endpoint().spec().name());
        text(json, "reason", decision.reason().code());
        if (decision.prefill() != null) {
            text(json, "prefill", decision.prefill().spec().name());
            json.writeNumberField("prefillCachedTokens", decision.prefillCachedTokens());
        }
        text(json, "pairing", decision.pairing().code());
        if (decision.encoding() != EncodeReason.NONE) {
            text(json, "encoding", decision.encoding().code());
            EncoderNames.write(json, decision);
        }
        json.writeNumberField("candidates", decision.candidates());
        json.writeNumberField("cachedTokens", decision.cachedTokens());
        json.writeNumberField("bestCachedTokens", decision.bestCachedTokens());
        if (decision.prefixSource() != null) {
            text(json, "prefixView", decision.prefixSource().code());
        }
        if (!Double.isNaN(decision.predictedTtftSeconds())) {
            json.writeNumberField("predictedTtftSeconds", Digits.sensible(decision.predictedTtftSeconds()));
        }
        json.writeNumberField("predictedWaitSeconds", Digits.sensible(expected.waiting()));
        json.writeNumberField("predictedPrefillSeconds", Digits.sensible(expected.prefill()));
        json.writeNumberField("predictedTokenSeconds", Digits.sensible(expected.perToken()));
        json.writeNumberField("predictedSeconds", Digits.sensible(expected.end()));
        json.writeNumberField("expectedOutputTokens", Math.round(expected.work().allOutputTokens()));
        json.writeArrayFieldStart("fallbacks");
        for (var fallback : decision.fallbacks()) {
            json.writeString(fallback.spec().name());
        }
        json.writeEndArray();
    }

    private static void text(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.length() > LONGEST ? value.substring(0, LONGEST) : value);
        }
    }
}
