package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvasir.pool.ServedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects an answer of {@code /v1/models} and reads it. */
final class ModelList {
    /** Largest answer, in bytes. */
    static final int MAX_BYTES = 1 << 20;

    private static final int MAX_MODELS = 10_000;
    private static final JsonFactory JSON = new JsonFactory();

    private byte[] text = new byte[1024];
    private int length;

    /** An answer begins. */
    void begin() {
        length = 0;
    }

    /** Adds bytes of the answer; those beyond {@link #MAX_BYTES} are dropped and make it unreadable. */
    void add(byte[] bytes, int offset, int count) {
        int taken = Math.min(count, MAX_BYTES + 1 - length);
        if (length + taken > text.length) {
            text = Arrays.copyOf(text, Math.max(length + taken, 2 * text.length));
        }
        System.arraycopy(bytes, offset, text, length, taken);
        length += taken;
    }

    /** The models of the answer; null if it is none. */
    @Nullable
    List<ServedModel> read() {
        if (length > MAX_BYTES) {
            return null;
        }
        try (JsonParser json = JSON.createParser(text, 0, length)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            List<ServedModel> models = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean data = json.currentName().equals("data");
                if (json.nextToken() == JsonToken.START_ARRAY && data) {
                    models = models(json);
                } else {
                    json.skipChildren();
                }
            }
            return models;
        } catch (IOException e) {
            return null;
        }
    }

    private static List<ServedModel> models(JsonParser json) throws IOException {
        var models = new ArrayList<ServedModel>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() == JsonToken.START_OBJECT) {
                var model = model(json);
                if (model != null && models.size() < MAX_MODELS) {
                    models.add(model);
                }
            } else {
                json.skipChildren();
            }
        }
        return models;
    }

    private static @Nullable ServedModel model(JsonParser json) throws IOException {
        String id = null;
        String parent = null;
        int maxModelLen = 0;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals("id") && value == JsonToken.VALUE_STRING) {
                id = json.getText();
            } else if (name.equals("parent") && value == JsonToken.VALUE_STRING) {
                parent = json.getText();
            } else if (name.equals("max_model_len") && value == JsonToken.VALUE_NUMBER_INT) {
                maxModelLen = (int) Math.clamp(json.getValueAsLong(), 0, Integer.MAX_VALUE);
            } else {
                json.skipChildren();
            }
        }
        return id == null || id.isEmpty() ? null : new ServedModel(id, parent, maxModelLen);
    }
}
