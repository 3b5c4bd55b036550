package io.kvasir.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Entry;
import io.kvasir.config.ConfigNode.Kind;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.failure.ShownText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads YAML and JSON into values that know their lines. Size and depth are bounded, and so is what aliases make of a
 * document. A key that appears twice is refused; {@code <<} merges mappings, as YAML 1.1 has it. Documents without content
 * count for nothing.
 */
public final class ConfigReader {
    /** Largest document that is read, in bytes. */
    public static final int MAX_BYTES = 16 << 20;

    private static final int MAX_DEPTH = 16;

    /** Most values that aliases stand for together. */
    private static final int MAX_ALIASED = 100_000;

    private static final String MERGE = "<<";
    private static final JsonFactory JSON = new JsonFactory();
    private static final JsonFactory YAML = new AnchoredYaml(yamlLimits());

    /** What an anchor stands for. */
    private record Anchored(ConfigNode node, int values, int depth) {}

    private final String source;
    private final JsonParser parser;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private int aliased;

    private ConfigReader(String source, JsonParser parser) {
        this.source = source;
        this.parser = parser;
    }

    private static LoaderOptions yamlLimits() {
        var limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_BYTES);
        limits.setNestingDepthLimit(2 * MAX_DEPTH);
        return limits;
    }

    /**
     * Reads one document: JSON if the file is named {@code .json}, YAML if it is named {@code .yaml} or {@code .yml}, else
     * whichever it is.
     *
     * @param source its file, or what else it comes from, for messages
     * @throws InvalidConfigException if it is not well-formed, not one document, too deep, or has a key twice
     */
    public static ConfigNode parse(String source, byte[] content) throws InvalidConfigException {
        if (source.endsWith(".json")) {
            return parse(source, content, JSON);
        }
        if (source.endsWith(".yaml") || source.endsWith(".yml") || !beginsWithBrace(content)) {
            return parse(source, content, YAML);
        }
        try {
            return parse(source, content, JSON);
        } catch (InvalidConfigException json) {
            try {
                return parse(source, content, YAML);
            } catch (InvalidConfigException _) {
                throw json;
            }
        }
    }

    private static ConfigNode parse(String source, byte[] content, JsonFactory factory) throws InvalidConfigException {
        try (JsonParser parser = factory.createParser(content)) {
            return new ConfigReader(source, parser).document();
        } catch (JsonProcessingException e) {
            var marked = marked(e);
            throw InvalidConfigException.at(
                    source,
                    marked == null ? lineOf(e) : marked.getProblemMark().getLine() + 1,
                    "not well-formed: " + firstLine(marked == null ? plain(e) : marked.getProblem()));
        } catch (IOException | RuntimeException e) {
            // SnakeYAML reports some limits and encodings by exceptions of its own
            throw InvalidConfigException.at(source, 1, "not well-formed: " + firstLine(plain(e)));
        }
    }

    /**
     * Reads a whole file.
     *
     * @throws IOException if it cannot be read, or is larger than {@link #MAX_BYTES}
     */
    public static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                throw new IOException("larger than " + (MAX_BYTES >> 20) + " MiB");
            }
            return content;
        }
    }

    private static boolean beginsWithBrace(byte[] content) {
        int i = 0;
        while (i < content.length && content[i] <= ' ' && content[i] >= 0) {
            i++;
        }
        return i < content.length && content[i] == '{';
    }

    /** Where SnakeYAML found what, behind what it was at; null where it did not. */
    private static @Nullable MarkedYAMLException marked(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof MarkedYAMLException marked
                    && marked.getProblemMark() != null
                    && marked.getProblem() != null) {
                return marked;
            }
        }
        return null;
    }

    /** What went wrong, without the class of what says it. */
    private static String plain(Throwable failure) {
        Throwable e = failure;
        while (e.getCause() != null) {
            e = e.getCause();
        }
        return e instanceof JsonProcessingException json ? json.getOriginalMessage() : String.valueOf(e.getMessage());
    }

    private static int lineOf(JsonProcessingException e) {
        return e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
    }

    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    private ConfigNode document() throws IOException, InvalidConfigException {
        ConfigNode root = new Absent(1);
        while (parser.nextToken() != null) {
            int line = line();
            ConfigNode next = value(0);
            if (!(next instanceof Absent) && !(root instanceof Absent)) {
                throw InvalidConfigException.at(source, line, "a second document; allowed: one");
            }
            root = root instanceof Absent ? next : root;
        }
        return root;
    }

    private ConfigNode value(int depth) throws IOException, InvalidConfigException {
        if (depth > MAX_DEPTH) {
            throw tooDeep();
        }
        if (!(parser instanceof YAMLParser yaml)) {
            return plain(depth);
        }
        if (yaml.isCurrentAlias()) {
            return aliased(depth);
        }
        String anchor = yaml instanceof AnchoredYaml.Parser anchored ? anchored.anchor() : null;
        ConfigNode node = plain(depth);
        if (anchor != null) {
            anchors.put(anchor, new Anchored(node, values(node), depth(node)));
        }
        return node;
    }

    private InvalidConfigException tooDeep() {
        return InvalidConfigException.at(source, line(), "nested deeper than " + MAX_DEPTH + " levels");
    }

    private ConfigNode aliased(int depth) throws IOException, InvalidConfigException {
        String shown = ShownText.of("*" + parser.getText());
        Anchored anchored = anchors.get(parser.getText());
        if (anchored == null) {
            throw InvalidConfigException.at(source, line(), "alias " + shown + " stands for nothing before it");
        }
        if (depth + anchored.depth > MAX_DEPTH) {
            throw tooDeep();
        }
        aliased += anchored.values;
        if (aliased > MAX_ALIASED) {
            throw InvalidConfigException.at(
                    source, line(), "alias " + shown + ": aliases stand for more than " + MAX_ALIASED + " values");
        }
        return anchored.node;
    }

    private static int values(ConfigNode node) {
        return switch (node) {
            case Scalar _, Absent _ -> 1;
            case Sequence sequence ->
                1 + sequence.items().stream().mapToInt(ConfigReader::values).sum();
            case Mapping mapping ->
                1
                        + mapping.entries().values().stream()
                                .mapToInt(entry -> values(entry.value()))
                                .sum();
        };
    }

    private static int depth(ConfigNode node) {
        return switch (node) {
            case Scalar _, Absent _ -> 0;
            case Sequence sequence ->
                1
                        + sequence.items().stream()
                                .mapToInt(ConfigReader::depth)
                                .max()
                                .orElse(0);
            case Mapping mapping ->
                1
                        + mapping.entries().values().stream()
                                .mapToInt(entry -> depth(entry.value()))
                                .max()
                                .orElse(0);
        };
    }

    private ConfigNode plain(int depth) throws IOException, InvalidConfigException {
        int line = line();
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(line, depth);
            case START_ARRAY -> sequence(line, depth);
            case VALUE_NULL -> new Absent(line);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Scalar(line, parser.getText(), Kind.NUMBER);
            // YAML may write True
            case VALUE_TRUE -> new Scalar(line, "true", Kind.BOOLEAN);
            case VALUE_FALSE -> new Scalar(line, "false", Kind.BOOLEAN);
            default -> new Scalar(line, parser.getText(), Kind.TEXT);
        };
    }

    private ConfigNode sequence(int line, int depth) throws IOException, InvalidConfigException {
        var items = new ArrayList<ConfigNode>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value(depth + 1));
        }
        return new Sequence(line, Collections.unmodifiableList(items));
    }

    private ConfigNode mapping(int line, int depth) throws IOException, InvalidConfigException {
        var entries = new LinkedHashMap<String, Entry>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            int keyLine = line();
            parser.nextToken();
            if (entries.put(key, new Entry(keyLine, value(depth + 1))) != null) {
                throw InvalidConfigException.at(source, keyLine, "key " + ShownText.of(key) + " appears twice");
            }
        }
        Entry merged = parser instanceof YAMLParser ? entries.remove(MERGE) : null;
        if (merged != null) {
            merge(merged, entries);
        }
        return new Mapping(line, Collections.unmodifiableMap(entries));
    }

    /** Of several mappings the first that has a key counts, and the keys that are written before them all. */
    private void merge(Entry merged, Map<String, Entry> entries) throws InvalidConfigException {
        var all = merged.value() instanceof Sequence several ? several.items() : List.of(merged.value());
        for (ConfigNode node : all) {
            if (!(node instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source,
                        merged.line(),
                        MERGE + ": not a mapping; allowed: an alias of a mapping, or a list of such");
            }
            mapping.entries().forEach(entries::putIfAbsent);
        }
    }

    private int line() {
        return Math.max(1, parser.currentTokenLocation().getLineNr());
    }
}
