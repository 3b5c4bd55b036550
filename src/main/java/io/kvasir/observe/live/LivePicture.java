package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.pool.Endpoint;
import io.kvasir.route.Router;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/** What changes seldom: descriptions of endpoints; and the newest decisions, for who comes late. */
final class LivePicture {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MOST_MODELS = 20;

    private LivePicture() {}

    /**
     * All of it as JSON.
     *
     * @param run within which numbers of requests mean one request
     */
    static String json(Router router, String run, List<DecisionStory> recent, boolean demo) {
        var text = new StringWriter();
        try (var json = JSON.createGenerator(text)) {
            var pool = router.pool().snapshot();
            json.writeStartObject();
            json.writeStringField("run", run);
            json.writeNumberField("pool", pool.version());
            json.writeBooleanField("demo", demo);
            json.writeStringField("decides", router.profiles().profile().name());
            json.writeArrayFieldStart("endpoints");
            for (var endpoint : pool.endpoints()) {
                endpoint(json, endpoint);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("decisions");
            for (var story : recent) {
                story.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void endpoint(JsonGenerator json, Endpoint endpoint) throws IOException {
        var spec = endpoint.spec();
        json.writeStartObject();
        json.writeNumberField("id", endpoint.ordinal());
        json.writeStringField("name", spec.name());
        json.writeStringField("address", endpoint.hostPort());
        json.writeStringField("class", endpoint.hardware().name());
        json.writeBooleanField("known", endpoint.hardware().known());
        json.writeStringField("role", spec.role().name().toLowerCase(Locale.ROOT));
        json.writeStringField("engine", spec.engine().label());
        Numbers.text(json, "version", endpoint.engineVersion());
        Numbers.text(json, "product", spec.product());
        Numbers.text(json, "partition", spec.partition());
        json.writeNumberField("devices", spec.count());
        json.writeNumberField("sharing", spec.sharing());
        Numbers.write(json, "weight", endpoint.weight());
        json.writeNumberField("kvTokens", endpoint.kvTokens());
        json.writeArrayFieldStart("models");
        if (spec.model() != null) {
            json.writeString(spec.model());
        }
        for (var served : endpoint.models().stream().limit(MOST_MODELS).toList()) {
            if (!served.id().equals(spec.model())) {
                json.writeString(served.id());
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
