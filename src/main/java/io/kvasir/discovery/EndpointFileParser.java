package io.kvasir.discovery;

import io.kvasir.discovery.FileTree.Absent;
import io.kvasir.discovery.FileTree.Mapping;
import io.kvasir.discovery.FileTree.Node;
import io.kvasir.discovery.FileTree.Sequence;
import io.kvasir.failure.NearMiss;
import io.kvasir.failure.ShownText;
import io.kvasir.pool.EndpointSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the endpoint file: {@code endpoints: [{name, address, port, labels, …}]} in YAML or JSON, the peers' format
 * with keys of our own. Keys it does not know are reported, not refused; everything else that is wrong is.
 */
public final class EndpointFileParser {
    private static final Set<String> TOP_KEYS = Set.of("endpoints");

    /**
     * What a file says.
     *
     * @param endpoints in the file's order, names and {@code ip:port} unique
     * @param unknownKeys one line for each key that was not understood
     */
    public record Contents(List<EndpointSpec> endpoints, List<String> unknownKeys) {}

    private final String file;
    private final List<String> unknownKeys = new ArrayList<>();

    private EndpointFileParser(String file) {
        this.file = file;
    }

    /**
     * Reads a file's text.
     *
     * @param file its name, for messages
     * @throws EndpointFileException if anything but an unknown key is wrong
     */
    public static Contents parse(String file, byte[] content) throws EndpointFileException {
        return new EndpointFileParser(file).contents(FileTree.parse(file, content));
    }

    private Contents contents(Node root) throws EndpointFileException {
        if (!(root instanceof Mapping top)) {
            throw EndpointFileException.at(file, root.line(), "endpoints: missing; allowed: a list of endpoints");
        }
        for (var entry : top.entries().entrySet()) {
            if (!TOP_KEYS.contains(entry.getKey())) {
                unknown(entry.getValue().line(), "", entry.getKey(), TOP_KEYS);
            }
        }
        var list = top.entries().get("endpoints");
        if (list == null) {
            throw nearest(top, "endpoints", TOP_KEYS, "a list of endpoints");
        }
        var items = switch (list.value()) {
            case Sequence sequence -> sequence.items();
            case Absent _ -> List.<Node>of();
            default ->
                throw EndpointFileException.at(
                        file, list.line(), "endpoints: not a list; allowed: a list of endpoints");
        };
        return new Contents(endpoints(items), List.copyOf(unknownKeys));
    }

    private List<EndpointSpec> endpoints(List<Node> items) throws EndpointFileException {
        var endpoints = new ArrayList<EndpointSpec>();
        var lineOfName = new HashMap<String, Integer>();
        var lineOfHostPort = new HashMap<String, Integer>();
        for (int i = 0; i < items.size(); i++) {
            Node item = items.get(i);
            String at = "endpoints[" + i + "]";
            if (!(item instanceof Mapping mapping)) {
                throw EndpointFileException.at(
                        file, item.line(), at + ": not a mapping; allowed: name, address, port and optional keys");
            }
            for (var entry : mapping.entries().entrySet()) {
                if (!EndpointEntry.KEYS.contains(entry.getKey())) {
                    unknown(entry.getValue().line(), at + ".", entry.getKey(), EndpointEntry.KEYS);
                }
            }
            var entry = new EndpointEntry(file, at, mapping);
            var spec = entry.spec();
            unique(lineOfName, spec.name(), entry.lineOf("name"), at + ".name");
            unique(lineOfHostPort, spec.hostPort(), entry.lineOf("port"), at + ".port");
            endpoints.add(spec);
        }
        return List.copyOf(endpoints);
    }

    private void unique(Map<String, Integer> lines, String value, int line, String key) throws EndpointFileException {
        Integer before = lines.putIfAbsent(value, line);
        if (before != null) {
            throw EndpointFileException.at(
                    file,
                    line,
                    key + ": " + ShownText.of(value) + " is taken by line " + before + "; allowed: each once");
        }
    }

    /** A key that must be there is missing: names the one that was meant to be it, where one looks so. */
    private EndpointFileException nearest(Mapping top, String missing, Collection<String> known, String allowed) {
        for (var entry : top.entries().entrySet()) {
            if (!known.contains(entry.getKey()) && missing.equals(NearMiss.of(entry.getKey(), known))) {
                return EndpointFileException.at(
                        file,
                        entry.getValue().line(),
                        entry.getKey() + ": unknown key, did you mean " + missing + "? allowed: " + allowed);
            }
        }
        return EndpointFileException.at(file, top.line(), missing + ": missing; allowed: " + allowed);
    }

    private void unknown(int line, String at, String key, Collection<String> known) {
        String near = NearMiss.of(key, known);
        String allowed =
                near == null ? "; allowed: " + String.join(", ", known) : ", did you mean " + near + "? It is ignored";
        unknownKeys.add(file + ":" + line + ": " + at + key.lines().findFirst().orElse("") + ": unknown key" + allowed);
    }
}
