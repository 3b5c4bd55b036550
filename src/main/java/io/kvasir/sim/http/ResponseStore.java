package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers of the Responses API that one engine remembers, where it does: the newest so many. */
final class ResponseStore {
    private static final int MOST = 4096;

    private final boolean on;
    private final Map<String, Stored> byId = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Stored> eldest) {
            return size() > MOST;
        }
    };

    /** A store, or one that forgets at once. */
    ResponseStore(boolean on) {
        this.on = on;
    }

    /**
     * One answer.
     *
     * @param json as the client got it
     * @param conversation the messages up to it and itself, without instructions
     */
    record Stored(String json, ArrayNode conversation) {}

    void put(String id, Stored answer) {
        if (on) {
            byId.put(id, answer);
        }
    }

    /** The answer of that id, or vLLM's 404. */
    Stored get(String id) throws EngineError {
        var answer = byId.get(id);
        if (answer == null) {
            throw new EngineError(
                    404, "invalid_request_error", "response_id", "Response with id '" + id + "' not found.");
        }
        return answer;
    }

    /** Forgets an answer; the JSON OpenAI confirms that with. */
    String delete(String id) throws EngineError {
        get(id);
        byId.remove(id);
        return "{\"id\":" + Json.quote(id) + ",\"object\":\"response\",\"deleted\":true}";
    }

    /** What a request goes on from: the conversation of the answer of that id, none for no id. */
    ArrayNode conversation(@Nullable String previous) throws EngineError {
        return previous == null
                ? Json.MAPPER.createArrayNode()
                : get(previous).conversation().deepCopy();
    }
}
