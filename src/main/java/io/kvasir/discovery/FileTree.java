package io.kvasir.discovery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.kvasir.failure.ShownText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;

/** A YAML or JSON document as values that know their lines. Depth and size are bounded. */
final class FileTree {
    /** Largest file that is read, in bytes. */
    static final int MAX_BYTES = 16 << 20;

    private static final int MAX_DEPTH = 16;
    private static final JsonFactory JSON = new JsonFactory();
    private static final YAMLFactory YAML = YAMLFactory.builder()
            .loaderOptions(yamlLimits())
            .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
            .build();

    /** A value and the line, from 1, on which it begins. */
    sealed interface Node {
        int line();
    }

    /** Text, number or boolean, as written. */
    record Scalar(int line, String text) implements Node {}

    /** Nothing: {@code null}, {@code ~} or a key without a value. */
    record Absent(int line) implements Node {}

    record Sequence(int line, List<Node> items) implements Node {}

    record Mapping(int line, Map<String, Entry> entries) implements Node {}

    /** A key's value and the line of the key. */
    record Entry(int line, Node value) {}

    private final String file;
    private final JsonParser parser;

    private FileTree(String file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    private static LoaderOptions yamlLimits() {
        var limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_BYTES);
        limits.setNestingDepthLimit(2 * MAX_DEPTH);
        return limits;
    }

    /**
     * Reads one document; JSON if the file is named {@code .json} or begins with a brace, else YAML.
     *
     * @param file name for messages
     * @throws EndpointFileException if it is not well-formed, not one document, too deep, or has a key twice
     */
    static Node parse(String file, byte[] content) throws EndpointFileException {
        try (JsonParser parser = isJson(file, content) ? JSON.createParser(content) : YAML.createParser(content)) {
            return new FileTree(file, parser).document();
        } catch (JsonProcessingException e) {
            throw EndpointFileException.at(file, lineOf(e), "not well-formed: " + firstLine(e.getOriginalMessage()));
        } catch (IOException | RuntimeException e) {
            // SnakeYAML reports some limits and encodings by exceptions of its own
            throw EndpointFileException.at(file, 1, "not well-formed: " + firstLine(String.valueOf(e.getMessage())));
        }
    }

    private static boolean isJson(String file, byte[] content) {
        if (file.endsWith(".json")) {
            return true;
        }
        if (file.endsWith(".yaml") || file.endsWith(".yml")) {
            return false;
        }
        int i = 0;
        while (i < content.length && content[i] <= ' ' && content[i] >= 0) {
            i++;
        }
        return i < content.length && content[i] == '{';
    }

    private static int lineOf(JsonProcessingException e) {
        return e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
    }

    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    private Node document() throws IOException, EndpointFileException {
        if (parser.nextToken() == null) {
            return new Absent(1);
        }
        Node root = value(0);
        if (parser.nextToken() != null) {
            throw EndpointFileException.at(file, line(), "a second document; allowed: one");
        }
        return root;
    }

    private Node value(int depth) throws IOException, EndpointFileException {
        if (depth > MAX_DEPTH) {
            throw EndpointFileException.at(file, line(), "nested deeper than " + MAX_DEPTH + " levels");
        }
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw EndpointFileException.at(
                    file, line(), "alias " + ShownText.of("*" + parser.getText()) + " is not supported");
        }
        int line = line();
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(line, depth);
            case START_ARRAY -> sequence(line, depth);
            case VALUE_NULL -> new Absent(line);
            default -> new Scalar(line, parser.getText());
        };
    }

    private Node sequence(int line, int depth) throws IOException, EndpointFileException {
        var items = new ArrayList<Node>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value(depth + 1));
        }
        return new Sequence(line, items);
    }

    private Node mapping(int line, int depth) throws IOException, EndpointFileException {
        var entries = new LinkedHashMap<String, Entry>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            int keyLine = line();
            parser.nextToken();
            if (entries.put(key, new Entry(keyLine, value(depth + 1))) != null) {
                throw EndpointFileException.at(file, keyLine, "key " + ShownText.of(key) + " appears twice");
            }
        }
        return new Mapping(line, entries);
    }

    private int line() {
        return Math.max(1, parser.currentTokenLocation().getLineNr());
    }
}
