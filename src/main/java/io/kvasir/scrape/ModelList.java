package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvasir.pool.ServedModel;
import io.kvasir.pool.ServedModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads an answer of {@code /v1/models} while it arrives; keeps its models and nothing of its text. */
final class ModelList extends JsonAnswer {
    /** Largest answer, in bytes. */
    static final long MAX_BYTES = 64L << 20;

    /** Most models of one engine that are known by name; the list then counts as incomplete. */
    static final int MAX_MODELS = 20_000;

    private static final int MAX_NAME = 1024;

    private @Nullable List<ServedModel> models;
    private boolean complete;
    private boolean inData;
    private String member = "";
    private @Nullable String id;
    private @Nullable String parent;
    private int maxModelLen;

    @Override
    void begin() {
        super.begin();
        models = null;
        complete = true;
        inData = false;
        member = "";
    }

    /** The models of the answer, which is complete; null if it is no list of models. */
    @Nullable
    ServedModels read(long nowNanos) {
        var found = finish() ? models : null;
        models = null;
        return found == null ? null : new ServedModels(found, complete, nowNanos);
    }

    @Override
    void token(JsonParser parser, JsonToken token) throws IOException {
        int depth = depth();
        switch (token) {
            case START_OBJECT, START_ARRAY -> opened(token);
            case END_OBJECT, END_ARRAY -> closed();
            case FIELD_NAME -> {
                if (depth == 1 || inData && depth == 3) {
                    member = parser.currentName();
                }
            }
            default -> {
                if (inData && depth == 3) {
                    value(parser, token);
                }
            }
        }
    }

    private void opened(JsonToken token) {
        int depth = depth();
        if (depth == 2 && token == JsonToken.START_ARRAY && member.equals("data")) {
            inData = true;
            models = new ArrayList<>();
        } else if (inData && depth == 3) {
            member = "";
            id = null;
            parent = null;
            maxModelLen = 0;
        }
    }

    private void closed() {
        int depth = depth();
        if (inData && depth == 3 && id != null) {
            add(new ServedModel(id, parent, maxModelLen));
            id = null;
        } else if (inData && depth == 2) {
            inData = false;
        }
    }

    private void add(ServedModel model) {
        var list = models;
        if (list == null || model.id().isEmpty()) {
            return;
        }
        if (list.size() < MAX_MODELS && model.id().length() <= MAX_NAME) {
            list.add(model);
        } else {
            complete = false;
        }
    }

    private void value(JsonParser parser, JsonToken token) throws IOException {
        if (member.equals("id") && token == JsonToken.VALUE_STRING) {
            id = parser.getText();
        } else if (member.equals("parent") && token == JsonToken.VALUE_STRING) {
            parent = parser.getText();
        } else if (member.equals("max_model_len") && token == JsonToken.VALUE_NUMBER_INT) {
            maxModelLen = parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    ? Integer.MAX_VALUE
                    : (int) Math.clamp(parser.getLongValue(), 0, Integer.MAX_VALUE);
        }
    }
}
