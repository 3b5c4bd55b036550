package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.PromptBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code /tokenize} and {@code /detokenize}. Ids are turned back as long as the engine remembers their text. */
final class Tokenizer {
    private static final int REMEMBERED = 100_000;

    private final int maxModelLength;
    private final Map<Integer, String> texts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    Tokenizer(int maxModelLength) {
        this.maxModelLength = maxModelLength;
    }

    /** Tokens of a prompt or of a chat. */
    String tokenize(JsonNode body) throws EngineError {
        var ids = new ArrayList<Integer>();
        var recording = new PromptBuilder(1, "") {
            @Override
            public void token(int id) {
                ids.add(id);
                super.token(id);
            }
        };
        if (body.has("messages")) {
            remember(body.path("messages"));
            ChatTemplate.render(body, recording);
        } else if (body.path("prompt").isTextual()) {
            if (body.path("add_special_tokens").asBoolean(true)) {
                ChatTemplate.begin(recording);
            }
            remember(body.path("prompt"));
            recording.text(body.path("prompt").asText());
        } else {
            throw EngineError.badRequest("prompt", "prompt must be a string, or messages a list");
        }
        var strings = "null";
        if (body.path("return_token_strs").asBoolean(false)) {
            strings = ids.stream().map(id -> Json.quote(text(id))).toList().toString();
        }
        return "{\"count\":" + ids.size() + ",\"max_model_len\":" + maxModelLength + ",\"tokens\":" + ids
                + ",\"token_strs\":" + strings + "}";
    }

    private void remember(JsonNode node) {
        if (node.isTextual()) {
            var bytes = node.asText().getBytes(StandardCharsets.UTF_8);
            for (int at = 0; at < bytes.length; at += PromptBuilder.BYTES_PER_TOKEN) {
                int count = Math.min(PromptBuilder.BYTES_PER_TOKEN, bytes.length - at);
                // one char a byte: a token may end within a character
                texts.put(
                        PromptBuilder.pieceId(bytes, at, count),
                        new String(bytes, at, count, StandardCharsets.ISO_8859_1));
            }
        } else {
            node.forEach(this::remember);
        }
    }

    private String text(int id) {
        return utf8(texts.getOrDefault(id, ""));
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** The text of token ids; ids that were never told are nothing. */
    String detokenize(JsonNode body, EngineDialect dialect) {
        var bytes = new StringBuilder();
        for (var id : (Iterable<JsonNode>) body.path("tokens")) {
            bytes.append(texts.getOrDefault(id.asInt(), ""));
        }
        return "{\"" + (dialect == EngineDialect.SGLANG ? "text" : "prompt") + "\":"
                + Json.quote(utf8(bytes.toString())) + "}";
    }

    /** Anthropic's count of a chat's tokens. */
    static String count(JsonNode chat) throws EngineError {
        var prompt = new PromptBuilder(16, "");
        ChatTemplate.render(chat, prompt);
        return "{\"input_tokens\":" + prompt.length() + "}";
    }
}
