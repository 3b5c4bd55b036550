package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.observe.EncoderNames;
import io.kvasir.route.RouterEvent;
import io.kvasir.schedule.Explanation;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decision with what led to it and what became of it. Names and numbers only: nothing of a prompt is ever in it.
 *
 * @param at epoch milliseconds
 * @param ended how it ended; null as long as it has not
 */
record DecisionStory(RouterEvent.Decided decided, long at, RouterEvent.@Nullable Ended ended) {
    /** Candidates that are told of, the best. */
    static final int MOST_CANDIDATES = 12;

    /** Names that are told of each filter's victims. */
    static final int MOST_DROPPED = 8;

    /** Writes it as an object. */
    void write(JsonGenerator json) throws IOException {
        var asked = decided.asked();
        var decision = decided.decision();
        var expected = decided.prediction();
        json.writeStartObject();
        json.writeNumberField("id", decided.id());
        json.writeNumberField("at", at);
        Numbers.text(
                json,
                "model",
                decided.routed().model() == null
                        ? asked.model()
                        : decided.routed().model());
        Numbers.text(json, "tenant", asked.headers().fairnessId());
        Numbers.text(json, "objective", asked.headers().objective());
        json.writeNumberField("priority", decided.rules().priority());
        json.writeNumberField("promptTokens", decided.routed().promptTokens());
        json.writeStringField("endpoint", decision.endpoint().spec().name());
        json.writeStringField("class", decision.endpoint().hardware().name());
        json.writeStringField("reason", decision.reason().code());
        if (decision.prefill() != null) {
            json.writeStringField("prefill", decision.prefill().spec().name());
        }
        if (!decision.encoders().isEmpty()) {
            EncoderNames.write(json, decision);
        }
        json.writeStringField("pairing", decision.pairing().code());
        json.writeNumberField("candidates", decision.candidates());
        json.writeNumberField("cachedTokens", decision.cachedTokens());
        json.writeNumberField("bestCachedTokens", decision.bestCachedTokens());
        Numbers.text(
                json,
                "view",
                decision.prefixSource() == null ? null : decision.prefixSource().code());
        json.writeObjectFieldStart("expected");
        Numbers.seconds(json, "wait", expected.waiting());
        Numbers.seconds(json, "prefill", expected.prefill());
        Numbers.seconds(json, "transfer", expected.transfer());
        Numbers.seconds(json, "decode", expected.decode());
        Numbers.seconds(json, "token", expected.perToken());
        Numbers.write(json, "outputTokens", expected.work().allOutputTokens());
        json.writeEndObject();
        var headers = asked.headers();
        Numbers.seconds(json, "ttftSlo", headers.ttftSlo());
        Numbers.seconds(json, "tpotSlo", headers.tpotSlo());
        if (decided.explanation() != null) {
            explanation(json, decided.explanation());
        }
        if (ended != null) {
            json.writeFieldName("end");
            end(json, ended);
        }
        json.writeEndObject();
    }

    private void explanation(JsonGenerator json, Explanation explanation) throws IOException {
        json.writeObjectFieldStart("dropped");
        for (var filter : explanation.dropped().entrySet()) {
            dropped(json, filter.getKey(), filter.getValue());
        }
        json.writeEndObject();
        String chosen = decided.decision().endpoint().spec().name();
        var best = explanation.candidates().stream()
                .sorted(Comparator.<Explanation.Candidate>comparingInt(
                                one -> one.endpoint().equals(chosen) ? 0 : 1)
                        .thenComparing(Comparator.comparingDouble(Explanation.Candidate::total)
                                .reversed()))
                .limit(MOST_CANDIDATES)
                .toList();
        json.writeArrayFieldStart("table");
        for (var candidate : best) {
            var cost = candidate.cost();
            json.writeStartObject();
            json.writeStringField("endpoint", candidate.endpoint());
            json.writeNumberField("cachedTokens", candidate.cachedTokens());
            Numbers.text(
                    json,
                    "view",
                    candidate.prefixSource() == null
                            ? null
                            : candidate.prefixSource().code());
            Numbers.write(json, "confidence", candidate.confidence());
            Numbers.seconds(json, "wait", cost.waiting());
            Numbers.seconds(json, "prefill", cost.prefill());
            Numbers.seconds(json, "transfer", cost.transfer());
            Numbers.seconds(json, "decode", cost.decode());
            Numbers.seconds(json, "delay", cost.delays());
            Numbers.write(json, "total", candidate.total());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void dropped(JsonGenerator json, String filter, List<String> names) throws IOException {
        if (names.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart(filter);
        json.writeNumberField("count", names.size());
        json.writeArrayFieldStart("names");
        for (String name : names.subList(0, Math.min(MOST_DROPPED, names.size()))) {
            json.writeString(name);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Writes how a request ended, as an object. */
    static void end(JsonGenerator json, RouterEvent.Ended end) throws IOException {
        json.writeStartObject();
        json.writeNumberField("id", end.id());
        json.writeStringField("outcome", end.outcome().code());
        json.writeStringField("endpoint", end.endpoint().spec().name());
        Numbers.seconds(json, "firstToken", end.firstTokenSeconds());
        Numbers.seconds(json, "whole", (end.nanos() - end.times().decided()) * 1e-9);
        if (end.usage().cachedTokens() >= 0) {
            json.writeNumberField("cachedTokens", end.usage().cachedTokens());
        }
        if (end.usage().outputTokens() >= 0) {
            json.writeNumberField("outputTokens", end.usage().outputTokens());
        }
        json.writeEndObject();
    }
}
