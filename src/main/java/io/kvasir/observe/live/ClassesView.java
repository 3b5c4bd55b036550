package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.cost.ClassRates;
import io.kvasir.cost.EndpointRates;
import io.kvasir.pool.Endpoint;
import io.kvasir.route.Router;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Hardware classes as a frame tells of them: what they can do, what they are given and how fast they are. */
record ClassesView(Router router, Map<String, ClassWindow> windows, Map<String, LiveTraffic.SloCounts> slo) {
    /** Rates of a class that are told of: replicas of other models or engine versions have others. */
    private static final int MOST_RATES = 4;

    /** A prompt of usual length, in tokens. */
    private static final int PROMPT = 2_048;

    void write(JsonGenerator json) throws IOException {
        var byClass = new TreeMap<String, List<Endpoint>>();
        double capacity = 0;
        double picks = 0;
        double tokens = 0;
        for (var endpoint : router.pool().snapshot().endpoints()) {
            byClass.computeIfAbsent(endpoint.hardware().name(), _ -> new ArrayList<>())
                    .add(endpoint);
            capacity += capacity(endpoint);
        }
        for (var window : windows.values()) {
            picks += window.picks();
            tokens += window.promptTokens();
        }
        json.writeArrayFieldStart("classes");
        for (var entry : byClass.entrySet()) {
            var window = windows.getOrDefault(entry.getKey(), new ClassWindow());
            json.writeStartObject();
            json.writeStringField("name", entry.getKey());
            json.writeNumberField("endpoints", entry.getValue().size());
            double share =
                    entry.getValue().stream().mapToDouble(ClassesView::capacity).sum();
            Numbers.write(json, "capacity", capacity > 0 ? share / capacity : Double.NaN);
            // less than one pick that fades is none
            Numbers.write(json, "traffic", picks >= 1 ? window.picks() / picks : Double.NaN);
            Numbers.write(json, "tokens", tokens >= 1 ? window.promptTokens() / tokens : Double.NaN);
            Numbers.seconds(json, "ttft50", window.firstToken(0.5));
            Numbers.seconds(json, "ttft90", window.firstToken(0.9));
            Numbers.seconds(json, "itl50", window.betweenTokens(0.5));
            Numbers.seconds(json, "itl90", window.betweenTokens(0.9));
            var told = slo.get(entry.getKey());
            if (told != null) {
                json.writeObjectFieldStart("slo");
                json.writeNumberField("told", told.told());
                json.writeNumberField("met", told.met());
                Numbers.seconds(json, "ttft", told.firstToken());
                Numbers.seconds(json, "tpot", told.perToken());
                json.writeEndObject();
            }
            rates(json, entry.getValue());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static double capacity(Endpoint endpoint) {
        return endpoint.health().routable() ? endpoint.weight() : 0;
    }

    private void rates(JsonGenerator json, List<Endpoint> endpoints) throws IOException {
        Set<ClassRates> all = new LinkedHashSet<>();
        var models = new LinkedHashMap<ClassRates, String>();
        for (var endpoint : endpoints) {
            String model = endpoint.baseModel();
            var rates = router.time().rates(endpoint, model == null ? "" : model);
            if (all.size() < MOST_RATES && all.add(rates)) {
                models.put(rates, model == null ? "" : model);
            }
        }
        json.writeArrayFieldStart("rates");
        for (var rates : all) {
            json.writeStartObject();
            Numbers.text(json, "model", models.get(rates));
            json.writeStringField("engine", rates.key().engine().label());
            Numbers.text(json, "version", rates.key().engineVersion());
            Numbers.write(json, "prefillBelieved", prefill(rates.believed()));
            Numbers.write(json, "prefillLearned", prefill(rates.rates()));
            Numbers.seconds(json, "tokenBelieved", rates.believed().interTokenSeconds(1, PROMPT));
            Numbers.seconds(json, "tokenLearned", rates.rates().interTokenSeconds(1, PROMPT));
            json.writeNumberField("samples", rates.samples());
            Numbers.write(json, "error", rates.samples() > 0 ? rates.usualError() : Double.NaN);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Tokens a second of a prompt of usual length on an idle replica. */
    private static double prefill(EndpointRates rates) {
        return PROMPT / rates.prefillSeconds(PROMPT, 0, 0);
    }
}
