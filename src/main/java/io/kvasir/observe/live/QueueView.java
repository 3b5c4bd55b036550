package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.admission.flow.QueueSnapshot;
import java.io.IOException;

/** What waits as a frame tells of it: by band, by tenant and by class of hardware. */
record QueueView(QueueSnapshot queue) {
    /** Tenants that are told of, those with most service. */
    private static final int MOST_TENANTS = 20;

    void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("waiting", queue.waiting());
        json.writeNumberField("bytes", queue.bytes());
        json.writeNumberField("tokens", queue.tokens());
        Numbers.write(json, "fairness", queue.fairness());
        json.writeArrayFieldStart("bands");
        for (var band : queue.bands()) {
            json.writeStartObject();
            json.writeNumberField("priority", band.priority());
            json.writeNumberField("waiting", band.waiting());
            json.writeNumberField("inFlight", band.inFlight());
            Numbers.seconds(json, "oldest", band.oldestWaitSeconds());
            Numbers.seconds(json, "bound", band.settings().longestWaitSeconds());
            json.writeNumberField("atOnce", band.letIn());
            json.writeNumberField("waited", band.letGo());
            json.writeNumberField("refused", band.saturated() + band.noEndpoint());
            json.writeNumberField("expired", band.expired());
            json.writeNumberField("evicted", band.evicted());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("tenants");
        for (var tenant : queue.tenants().stream().limit(MOST_TENANTS).toList()) {
            json.writeStartObject();
            json.writeNumberField("priority", tenant.priority());
            Numbers.text(json, "tenant", tenant.tenant());
            json.writeNumberField("waiting", tenant.waiting());
            json.writeNumberField("inFlight", tenant.inFlight());
            Numbers.seconds(json, "oldest", tenant.oldestWaitSeconds());
            Numbers.write(json, "share", tenant.share());
            Numbers.write(json, "entitled", tenant.entitled());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("classes");
        for (var one : queue.classes()) {
            json.writeStartObject();
            json.writeStringField("hardware", one.hardware());
            json.writeNumberField("endpoints", one.endpoints());
            json.writeNumberField("free", one.free());
            Numbers.seconds(json, "start", one.waitSeconds());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
