package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads an answer that is one JSON object while it arrives; keeps nothing of its text. */
abstract class JsonAnswer {
    private static final JsonFactory JSON = new JsonFactory();

    private @Nullable JsonParser json;
    private boolean broken;
    private boolean rooted;
    private int depth;

    /** An answer begins. */
    void begin() {
        end();
        broken = false;
        rooted = false;
        depth = 0;
    }

    /** Objects and arrays that are open, the one that a token opens or closes included. */
    final int depth() {
        return depth;
    }

    /** Adds bytes of the answer. */
    final void add(byte[] bytes, int offset, int count) {
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

    /** The answer is complete: whether it was one JSON object. */
    final boolean finish() {
        boolean any = json != null;
        if (!broken && json != null) {
            try {
                ((ByteArrayFeeder) json.getNonBlockingInputFeeder()).endOfInput();
                take(json);
            } catch (IOException e) {
                broken = true;
            }
        }
        end();
        return any && !broken && depth == 0;
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
            if (!rooted) {
                rooted = true;
                broken = token != JsonToken.START_OBJECT;
            }
            if (token.isStructStart()) {
                depth++;
            }
            token(parser, token);
            if (token.isStructEnd()) {
                depth--;
            }
        }
    }

    /** A token of the answer. */
    abstract void token(JsonParser parser, JsonToken token) throws IOException;
}
