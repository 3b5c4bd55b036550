package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.kvasir.pool.ServedModel;
import io.kvasir.pool.ServedModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads an answer of {@code /v1/models} while it arrives; keeps its models and nothing of its text. */
final class ModelList {
    /** Largest answer, in bytes. */
    static final long MAX_BYTES = 64L << 20;

    /** Most models of one engine that are known by name; the list then counts as incomplete. */
    static final int MAX_MODELS = 20_000;

    private static final int MAX_NAME = 1024;
    private static final JsonFactory JSON = new JsonFactory();

    private @Nullable JsonParser json;
    private @Nullable List<ServedModel> models;
    private boolean complete;
    private boolean broken;
    private boolean rooted;
    private int depth;
    private boolean inData;
    private String member = "";
    private @Nullable String id;
    private @Nullable String parent;
    private int maxModelLen;

    /** An answer begins. */
    void begin() {
        end();
        models = null;
        complete = true;
        broken = false;
        rooted = false;
        depth = 0;
        inData = false;
        member = "";
    }

    /** Adds bytes of the answer. */
    void add(byte[] bytes, int offset, int count) {
        if (broken || count == 0) {
            return;
        }
        try {
            var parser = json;
            if (parser == null) {
                parser = JSON.createNonBlockingByteArrayParser();
                json = parser;
            }
            ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(bytes, offset, offset + count);
            take(parser);
        } catch (IOException e) {
            broken = true;
        }
    }

    /** The models of the answer, which is complete; null if it is no list of models. */
    @Nullable
    ServedModels read(long nowNanos) {
        if (!broken && json != null) {
            try {
                ((ByteArrayFeeder) json.getNonBlockingInputFeeder()).endOfInput();
                take(json);
            } catch (IOException e) {
                broken = true;
            }
        }
        var found = broken || depth != 0 ? null : models;
        end();
        models = null;
        return found == null ? null : new ServedModels(found, complete, nowNanos);
    }

    private void end() {
        try {
            if (json != null) {
                json.close();
            }
        } catch (IOException e) {
            // nothing is read from it any more
        }
        json = null;
    }

    private void take(JsonParser parser) throws IOException {
        for (var token = parser.nextToken();
                token != null && token != JsonToken.NOT_AVAILABLE && !broken;
                token = parser.nextToken()) {
            token(parser, token);
        }
    }

    private void token(JsonParser parser, JsonToken token) throws IOException {
        if (!rooted) {
            rooted = true;
            broken = token != JsonToken.START_OBJECT;
        }
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
        depth++;
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
        if (inData && depth == 3 && id != null) {
            add(new ServedModel(id, parent, maxModelLen));
            id = null;
        } else if (inData && depth == 2) {
            inData = false;
        }
        depth--;
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
