package io.kvasir.discovery;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.UnknownKeys;
import io.kvasir.failure.ShownText;
import io.kvasir.pool.EndpointSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the endpoint file: {@code endpoints: [{name, address, port, labels, …}]} in YAML or JSON, the peers' format
 * with keys of our own. Keys it does not know are reported, not refused; everything else that is wrong is.
 */
public final class EndpointFileParser {
    private static final List<String> TOP_KEYS = List.of("endpoints");
    private static final String ALLOWED = "allowed: a list of endpoints";

    /**
     * What a file says.
     *
     * @param endpoints in the file's order, names and {@code ip:port} unique
     * @param unknownKeys the keys that were not understood
     */
    public record Contents(List<EndpointSpec> endpoints, UnknownKeys.Listed unknownKeys) {}

    private final String file;
    private final UnknownKeys.Listed unknownKeys = new UnknownKeys.Listed();

    private EndpointFileParser(String file) {
        this.file = file;
    }

    /**
     * Reads a file's text.
     *
     * @param file its name, for messages
     * @throws InvalidConfigException if anything but an unknown key is wrong
     */
    public static Contents parse(String file, byte[] content) throws InvalidConfigException {
        return new EndpointFileParser(file).contents(ConfigReader.parse(file, content));
    }

    private Contents contents(ConfigNode root) throws InvalidConfigException {
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(file, root.line(), "endpoints: missing; " + ALLOWED);
        }
        var top = Fields.of(file, "", mapping);
        top.known(TOP_KEYS, unknownKeys);
        if (!mapping.entries().containsKey("endpoints")) {
            throw top.missing("endpoints", ALLOWED, TOP_KEYS);
        }
        var list = top.value("endpoints");
        if (list != null && !(list instanceof Sequence)) {
            throw top.problem("endpoints", "not a list; " + ALLOWED);
        }
        return new Contents(endpoints(top.list("endpoints", ALLOWED)), unknownKeys);
    }

    private List<EndpointSpec> endpoints(List<ConfigNode> items) throws InvalidConfigException {
        var endpoints = new ArrayList<EndpointSpec>();
        var lineOfName = new HashMap<String, Integer>();
        var lineOfHostPort = new HashMap<String, Integer>();
        for (int i = 0; i < items.size(); i++) {
            String at = "endpoints[" + i + "]";
            if (!(items.get(i) instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        file,
                        items.get(i).line(),
                        at + ": not a mapping; allowed: name, address, port and optional keys");
            }
            var fields = Fields.of(file, at, mapping);
            fields.known(EndpointEntry.KEYS, unknownKeys);
            var spec = new EndpointEntry(fields).spec();
            unique(lineOfName, spec.name(), fields, "name");
            unique(lineOfHostPort, spec.hostPort(), fields, "port");
            endpoints.add(spec);
        }
        return List.copyOf(endpoints);
    }

    private static void unique(Map<String, Integer> lines, String value, Fields fields, String key)
            throws InvalidConfigException {
        Integer before = lines.putIfAbsent(value, fields.lineOf(key));
        if (before != null) {
            throw fields.problem(key, ShownText.of(value) + " is taken by line " + before + "; allowed: each once");
        }
    }
}
