package io.kvasir.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Hardware class of an endpoint by the name or address a router gives it. The simulator names engines by device and
 * number, so a class is a name without its number.
 */
final class EndpointClasses implements UnaryOperator<String> {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private final Map<String, String> nameByAddress = new HashMap<>();

    /** Knows no address: classes are cut from names. */
    EndpointClasses() {}

    /**
     * Knows the endpoints of a file.
     *
     * @throws IOException if it cannot be read
     */
    EndpointClasses(Path endpointFile) throws IOException {
        for (var endpoint : YAML.readTree(endpointFile.toFile()).path("endpoints")) {
            nameByAddress.put(
                    endpoint.path("address").asText() + ":"
                            + endpoint.path("port").asText(),
                    endpoint.path("name").asText());
        }
    }

    @Override
    public String apply(String endpoint) {
        return nameByAddress.getOrDefault(endpoint, endpoint).replaceFirst("-\\d+$", "");
    }
}
