package io.kvasir.observe;

import com.fasterxml.jackson.core.JsonGenerator;
import io.kvasir.schedule.Decision;
import java.io.IOException;
import java.util.List;

/** Which endpoints encode a request's media, by name. */
public final class EncoderNames {
    private EncoderNames() {}

    /** Their names; empty where nobody does. */
    static List<String> of(Decision decision) {
        return decision.encoders().stream()
                .map(encoder -> encoder.spec().name())
                .toList();
    }

    /** Writes them as a member of the object that is begun. */
    public static void write(JsonGenerator json, Decision decision) throws IOException {
        json.writeArrayFieldStart("encoders");
        for (String name : of(decision)) {
            json.writeString(name);
        }
        json.writeEndArray();
    }
}
