package io.kvasir.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
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
import java.util.LinkedHashMap;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * Reads YAML and JSON into values that know their lines. Size and depth are bounded, and so are aliases: there are none, and
 * a document cannot grow when it is read. A key that appears twice is refused.
 */
public final class ConfigReader {
    /** Largest document that is read, in bytes. */
    public static final int MAX_BYTES = 16 << 20;

    private static final int MAX_DEPTH = 16;
    private static final JsonFactory JSON = new JsonFactory();
    private static final YAMLFactory YAML = YAMLFactory.builder()
            .loaderOptions(yamlLimits())
            .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
            .build();

    private final String source;
    private final JsonParser parser;

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
            throw InvalidConfigException.at(source, lineOf(e), "not well-formed: " + firstLine(e.getOriginalMessage()));
        } catch (IOException | RuntimeException e) {
            // SnakeYAML reports some limits and encodings by exceptions of its own
            throw InvalidConfigException.at(source, 1, "not well-formed: " + firstLine(String.valueOf(e.getMessage())));
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

    private static int lineOf(JsonProcessingException e) {
        return e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
    }

    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    private ConfigNode document() throws IOException, InvalidConfigException {
        if (parser.nextToken() == null) {
            return new Absent(1);
        }
        ConfigNode root = value(0);
        if (parser.nextToken() != null) {
            throw InvalidConfigException.at(source, line(), "a second document; allowed: one");
        }
        return root;
    }

    private ConfigNode value(int depth) throws IOException, InvalidConfigException {
        if (depth > MAX_DEPTH) {
            throw InvalidConfigException.at(source, line(), "nested deeper than " + MAX_DEPTH + " levels");
        }
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw InvalidConfigException.at(
                    source, line(), "alias " + ShownText.of("*" + parser.getText()) + " is not supported");
        }
        int line = line();
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(line, depth);
            case START_ARRAY -> sequence(line, depth);
            case VALUE_NULL -> new Absent(line);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Scalar(line, parser.getText(), Kind.NUMBER);
            case VALUE_TRUE, VALUE_FALSE -> new Scalar(line, parser.getText(), Kind.BOOLEAN);
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
        return new Mapping(line, Collections.unmodifiableMap(entries));
    }

    private int line() {
        return Math.max(1, parser.currentTokenLocation().getLineNr());
    }
}
