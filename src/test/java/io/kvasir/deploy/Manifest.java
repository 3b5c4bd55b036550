package io.kvasir.deploy;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One Kubernetes object as it was rendered. */
record Manifest(JsonNode json) {
    private static final YAMLMapper YAML = new YAMLMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    /** The objects of a stream of YAML documents; a key that is there twice is an error, as it is to the API server. */
    static List<Manifest> parse(String yaml) throws IOException {
        var manifests = new ArrayList<Manifest>();
        try (JsonParser parser = YAML.createParser(yaml);
                var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(parser)) {
            while (documents.hasNextValue()) {
                var json = documents.nextValue();
                if (!json.isNull() && !json.isMissingNode()) {
                    manifests.add(new Manifest(json));
                }
            }
        }
        return manifests;
    }

    /** Any YAML file of one document. */
    static JsonNode read(Path file) throws IOException {
        return YAML.readTree(file.toFile());
    }

    String kind() {
        return json.path("kind").asText();
    }

    String apiVersion() {
        return json.path("apiVersion").asText();
    }

    String name() {
        return json.at("/metadata/name").asText();
    }

    /** Empty for objects of the whole cluster. */
    String namespace() {
        return json.at("/metadata/namespace").asText();
    }

    Map<String, String> labels() {
        return texts("/metadata/labels");
    }

    JsonNode at(String pointer) {
        return json.at(pointer);
    }

    /** A mapping of texts. */
    Map<String, String> texts(String pointer) {
        var texts = new TreeMap<String, String>();
        json.at(pointer)
                .properties()
                .forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    @Override
    public String toString() {
        return kind() + " " + name();
    }
}
