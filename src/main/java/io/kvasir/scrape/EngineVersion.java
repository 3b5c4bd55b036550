package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the member {@code version} of an answer that tells what an engine is. */
final class EngineVersion extends JsonAnswer {
    /** A version that is believed: of a package or an image, no longer than that. */
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+~:-]{0,63}");

    private boolean named;
    private @Nullable String version;

    @Override
    void begin() {
        super.begin();
        named = false;
        version = null;
    }

    /** The version that the answer tells, which is complete; null if it tells none that can be. */
    @Nullable
    String read() {
        var found = finish() ? version : null;
        version = null;
        return found != null && VERSION.matcher(found).matches() ? found : null;
    }

    @Override
    void token(JsonParser parser, JsonToken token) throws IOException {
        if (depth() == 1 && token == JsonToken.FIELD_NAME) {
            named = parser.currentName().equals("version");
        } else if (named) {
            named = false;
            version = token == JsonToken.VALUE_STRING ? parser.getText() : null;
        }
    }
}
