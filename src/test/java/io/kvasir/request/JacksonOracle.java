package io.kvasir.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What Jackson makes of a body: whether it is one, and by its tree what the sink should have been told. */
final class JacksonOracle {
    /** Of UTF-8 only; by default it reads UTF-16 and UTF-32 too, which RFC 8259 §8.1 has no place for. */
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .build();

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JacksonOracle() {}

    /**
     * Whether the strict parser reads one object and nothing else; strings are read, not only skipped. The byte 0xFF,
     * which JSON cannot contain, is looked for apart, because Jackson 2.21 takes a name with a stray one in the right
     * place for a name that it has seen without it.
     */
    static boolean accepts(byte[] body) {
        for (byte b : body) {
            if (b == (byte) 0xFF) {
                return false;
            }
        }
        boolean marked = body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF;
        int start = marked ? 3 : 0;
        try (var parser = FACTORY.createParser(body, start, body.length - start)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            int depth = 1;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (depth == 0) {
                    return false;
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (token == JsonToken.VALUE_STRING) {
                    parser.getText();
                }
            }
            return depth == 0;
        } catch (JsonProcessingException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Raw JSON in the form that {@link #chat} has it in. */
    private static String normal(String raw) {
        try {
            return repaired(MAPPER.readTree(raw).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A record with its raw JSON parts in the form that {@link #chat} has them in. */
    static List<String> normal(List<String> record) {
        var normal = new ArrayList<String>();
        int preamble = record.indexOf("--");
        for (int i = 0; i < record.size(); i++) {
            boolean raw = i < preamble || record.get(Math.max(0, i - 1)).matches("<(TOOL_CALL|MEDIA)");
            normal.add(raw ? normal(record.get(i)) : record.get(i));
        }
        Collections.sort(normal.subList(0, preamble));
        return normal;
    }

    /** The calls for a chat body without duplicate members, as {@link RecordingSink#record} writes them. */
    static List<String> chat(byte[] body) throws IOException {
        JsonNode root = MAPPER.readTree(body);
        var record = new ArrayList<String>();
        for (String name : List.of("tools", "documents", "reasoning_effort")) {
            if (root.hasNonNull(name)) {
                record.add(repaired((name.equals("tools") ? normalTools(root.get(name)) : root.get(name)).toString()));
            }
        }
        Collections.sort(record);
        record.add("--");
        for (JsonNode message : root.path("messages")) {
            record.add("<MESSAGE");
            for (var member : message.properties()) {
                JsonNode value = member.getValue();
                switch (member.getKey()) {
                    case "role" -> text(record, "ROLE", value);
                    case "reasoning_content" -> text(record, "TEXT", value);
                    case "content" -> content(record, value);
                    case "tool_calls", "tool_call_id" -> raw(record, "TOOL_CALL", value);
                    default -> {}
                }
            }
            record.add("MESSAGE>");
        }
        return record;
    }

    /** A list of tools in the form that engines make of them; anything else as it is. */
    private static JsonNode normalTools(JsonNode tools) {
        if (!tools.isArray()) {
            return tools;
        }
        var normal = MAPPER.createArrayNode();
        for (JsonNode tool : tools) {
            normal.add(tool.isObject() ? normalTool(MAPPER.createObjectNode(), tool, true) : tool);
        }
        return normal;
    }

    private static ObjectNode normalTool(ObjectNode normal, JsonNode tool, boolean outer) {
        for (var member : tool.properties()) {
            switch (member.getKey()) {
                case "cache_control", "type", "strict" -> {}
                case "input_schema" -> normal.set("parameters", member.getValue());
                case "function" -> {
                    if (outer && member.getValue().isObject()) {
                        normalTool(normal, member.getValue(), false);
                    } else {
                        normal.set("function", member.getValue());
                    }
                }
                default -> normal.set(member.getKey(), member.getValue());
            }
        }
        return normal;
    }

    private static void content(List<String> record, JsonNode value) {
        text(record, "TEXT", value);
        if (value.isArray()) {
            for (JsonNode part : value) {
                text(record, "TEXT", part);
                part(record, part);
            }
        } else {
            part(record, value);
        }
    }

    private static void part(List<String> record, JsonNode part) {
        for (var member : part.properties()) {
            switch (member.getKey()) {
                case "text" -> text(record, "TEXT", member.getValue());
                case "image_url", "source" -> raw(record, "MEDIA", member.getValue());
                case "content" -> content(record, member.getValue());
                case "tool_use_id" -> raw(record, "TOOL_CALL", member.getValue());
                default -> {}
            }
        }
    }

    private static void text(List<String> record, String part, JsonNode value) {
        if (value.isTextual()) {
            record.add("<" + part);
            if (!value.asText().isEmpty()) {
                record.add(repaired(value.asText()));
            }
            record.add(part + ">");
        }
    }

    private static void raw(List<String> record, String part, JsonNode value) {
        if (!value.isNull()) {
            record.add("<" + part);
            record.add(repaired(value.toString()));
            record.add(part + ">");
        }
    }

    /** Half surrogate pairs, which UTF-8 cannot express, replaced. */
    static String repaired(String text) {
        var repaired = new StringBuilder();
        text.codePoints()
                .forEach(c -> repaired.appendCodePoint(
                        c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c));
        return repaired.toString();
    }
}
