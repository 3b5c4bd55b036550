package io.kvasir.load;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Hardware class of an endpoint by the name or address a router gives it. The simulator names engines by device and
 * number, so a class is a name without its number.
 */
final class EndpointClasses implements UnaryOperator<String> {
    private static final List<String> KEYS = List.of("name", "address", "port");

    private final Map<String, String> nameByAddress = new HashMap<>();

    /** Knows no address: classes are cut from names. */
    EndpointClasses() {}

    /**
     * Knows the endpoints of a file.
     *
     * @throws IOException if it cannot be read
     * @throws InvalidConfigException if it is no list of endpoints
     */
    EndpointClasses(Path endpointFile) throws IOException, InvalidConfigException {
        String file = endpointFile.toString();
        var endpoints = fields(file, "", ConfigReader.parse(file, ConfigReader.bytes(endpointFile)))
                .list("endpoints", "a list of endpoints");
        for (int i = 0; i < endpoints.size(); i++) {
            var endpoint = fields(file, "endpoints[" + i + "]", endpoints.get(i));
            nameByAddress.put(
                    required(endpoint, "address") + ":" + required(endpoint, "port"), required(endpoint, "name"));
        }
    }

    private static Fields fields(String file, String at, ConfigNode node) throws InvalidConfigException {
        if (!(node instanceof Mapping mapping)) {
            throw InvalidConfigException.at(file, node.line(), at + ": not a mapping");
        }
        return Fields.of(file, at, mapping);
    }

    private static String required(Fields endpoint, String key) throws InvalidConfigException {
        return endpoint.required(key, "required: name, address, port", KEYS);
    }

    @Override
    public String apply(String endpoint) {
        return nameByAddress.getOrDefault(endpoint, endpoint).replaceFirst("-\\d+$", "");
    }
}
