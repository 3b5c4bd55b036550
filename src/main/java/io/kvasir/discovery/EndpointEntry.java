package io.kvasir.discovery;

import io.kvasir.discovery.FileTree.Absent;
import io.kvasir.discovery.FileTree.Entry;
import io.kvasir.discovery.FileTree.Mapping;
import io.kvasir.discovery.FileTree.Node;
import io.kvasir.discovery.FileTree.Scalar;
import io.kvasir.discovery.FileTree.Sequence;
import io.kvasir.failure.NearMiss;
import io.kvasir.failure.ShownText;
import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Role;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One item of the endpoint file, checked key by key. */
final class EndpointEntry {
    /** Keys of an item; {@code namespace} is the peers'. */
    static final List<String> KEYS = List.of(
            "name",
            "namespace",
            "address",
            "port",
            "labels",
            "role",
            "vendor",
            "product",
            "partition",
            "count",
            "sharing",
            "engine",
            "model",
            "adapters",
            "maxModelLen",
            "kvTokens",
            "metricsPort",
            "kvEvents",
            "weight",
            "protocol",
            "apiKey");

    private static final String ROLES =
            "prefill, decode, both, encode, prefill-decode, encode-prefill, encode-prefill-decode";
    private static final String ENGINES = "vllm, sglang, trtllm-serve, triton-tensorrt-llm, triton";
    private static final int MAX_TEXT = 1024;
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?");
    private static final Pattern KV_EVENTS = Pattern.compile("(tcp|ipc)://\\S+");

    private final String file;
    private final String at;
    private final Mapping item;

    /**
     * @param file name for messages
     * @param at where in the file, such as {@code endpoints[3]}
     */
    EndpointEntry(String file, String at, Mapping item) {
        this.file = file;
        this.at = at;
        this.item = item;
    }

    /** The line of a key, the item's own where it has none. */
    int lineOf(String key) {
        Entry entry = item.entries().get(key);
        return entry == null ? item.line() : entry.line();
    }

    EndpointSpec spec() throws EndpointFileException {
        var labels = labels();
        int port = (int) whole("port", required("port"), 1, 65_535);
        var engine = engine(labels);
        return new EndpointSpec(
                name(),
                address(),
                port,
                labels,
                role(labels),
                text("vendor"),
                text("product"),
                text("partition"),
                (int) whole("count", 1, 1, 1024),
                (int) whole("sharing", 1, 1, 1024),
                engine,
                text("model"),
                adapters(),
                (int) whole("maxModelLen", 0, 1, Integer.MAX_VALUE),
                whole("kvTokens", 0, 1, 1L << 50),
                (int) whole("metricsPort", engine.metricsPort(port), 1, 65_535),
                kvEvents(),
                weight(),
                protocol(),
                apiKey());
    }

    private EngineProtocol protocol() throws EndpointFileException {
        String text = text("protocol");
        return text == null
                ? EngineProtocol.HTTP
                : EngineProtocol.parse(text).orElseThrow(() -> bad("protocol", text, "http, h2c"));
    }

    /** No message shows it. */
    private @Nullable ApiKey apiKey() throws EndpointFileException {
        Node node = value("apiKey");
        if (node == null) {
            return null;
        }
        try {
            return new ApiKey(node instanceof Scalar scalar ? scalar.text() : "");
        } catch (IllegalArgumentException e) {
            throw EndpointFileException.at(file, lineOf("apiKey"), at + ".apiKey: " + e.getMessage());
        }
    }

    /** Names are unique within a namespace; those outside {@code default} are told apart by it. */
    private String name() throws EndpointFileException {
        String name = required("name");
        String namespace = text("namespace");
        return namespace == null || namespace.equals("default") ? name : namespace + "/" + name;
    }

    private String address() throws EndpointFileException {
        String text = required("address");
        String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        boolean ok = bare.indexOf(':') >= 0
                ? NetUtil.isValidIpV6Address(bare)
                : HOST.matcher(bare).matches();
        if (!ok) {
            throw bad("address", text, "an IP address or host name, without scheme and port");
        }
        return bare;
    }

    private Map<String, String> labels() throws EndpointFileException {
        Node node = value("labels");
        if (node == null) {
            return Map.of();
        }
        if (!(node instanceof Mapping mapping)) {
            throw bad("labels", describe(node), "a mapping of names to texts");
        }
        var labels = new LinkedHashMap<String, String>();
        for (var entry : mapping.entries().entrySet()) {
            String key = "labels." + entry.getKey();
            switch (entry.getValue().value()) {
                case Scalar scalar -> labels.put(entry.getKey(), scalar.text());
                case Absent _ -> labels.put(entry.getKey(), "");
                case Node other -> throw bad(entry.getValue().line(), key, describe(other), "a text");
            }
        }
        return labels;
    }

    private Role role(Map<String, String> labels) throws EndpointFileException {
        String text = text("role");
        if (text != null) {
            return Role.parse(text).orElseThrow(() -> bad("role", text, ROLES));
        }
        String label = labels.getOrDefault(Role.LABEL, "");
        return label.isEmpty() ? Role.BOTH : Role.parse(label).orElseThrow(() -> badLabel(Role.LABEL, label, ROLES));
    }

    private EngineKind engine(Map<String, String> labels) throws EndpointFileException {
        String text = text("engine");
        if (text != null) {
            return EngineKind.parse(text).orElseThrow(() -> bad("engine", text, ENGINES));
        }
        for (String name : List.of(EngineKind.LABEL, EngineKind.OLD_LABEL)) {
            String label = labels.getOrDefault(name, "");
            if (!label.isEmpty()) {
                return EngineKind.parse(label).orElseThrow(() -> badLabel(name, label, ENGINES));
            }
        }
        return EngineKind.VLLM;
    }

    private List<String> adapters() throws EndpointFileException {
        Node node = value("adapters");
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof Sequence sequence)) {
            throw bad("adapters", describe(node), "a list of names");
        }
        var adapters = new ArrayList<String>();
        for (Node adapter : sequence.items()) {
            if (!(adapter instanceof Scalar name) || !plain(name.text())) {
                throw bad(adapter.line(), "adapters", describe(adapter), "a list of names");
            }
            adapters.add(name.text());
        }
        return adapters;
    }

    private @Nullable String kvEvents() throws EndpointFileException {
        String text = text("kvEvents");
        if (text != null && !KV_EVENTS.matcher(text).matches()) {
            throw bad("kvEvents", text, "tcp://host:port or ipc://path");
        }
        return text;
    }

    private double weight() throws EndpointFileException {
        String text = text("weight");
        if (text == null) {
            return 0;
        }
        double weight;
        try {
            weight = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            weight = Double.NaN;
        }
        if (!(weight > 0 && weight <= 1e6)) {
            throw bad("weight", text, "a number above 0, at most 1000000");
        }
        return weight;
    }

    private long whole(String key, long otherwise, long min, long max) throws EndpointFileException {
        String text = text(key);
        return text == null ? otherwise : whole(key, text, min, max);
    }

    private long whole(String key, String text, long min, long max) throws EndpointFileException {
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException e) {
            number = Long.MIN_VALUE;
        }
        if (number < min || number > max) {
            throw bad(key, text, "a whole number from " + min + " to " + max);
        }
        return number;
    }

    private String required(String key) throws EndpointFileException {
        String text = text(key);
        if (text == null) {
            throw missing(key);
        }
        return text;
    }

    /** Names the key that was meant to be it, where one looks so. */
    private EndpointFileException missing(String key) {
        String required = "required: name, address, port";
        for (var entry : item.entries().entrySet()) {
            String written = entry.getKey();
            if (!KEYS.contains(written) && key.equals(NearMiss.of(written, KEYS))) {
                return EndpointFileException.at(
                        file,
                        entry.getValue().line(),
                        at + "." + written + ": unknown key, did you mean " + key + "? " + required);
            }
        }
        return EndpointFileException.at(file, item.line(), at + "." + key + ": missing; " + required);
    }

    private @Nullable String text(String key) throws EndpointFileException {
        Node node = value(key);
        if (node == null) {
            return null;
        }
        if (!(node instanceof Scalar scalar) || !plain(scalar.text())) {
            throw bad(key, describe(node), "a text of 1 to " + MAX_TEXT + " characters on one line");
        }
        return scalar.text();
    }

    private static boolean plain(String text) {
        return !text.isBlank() && text.length() <= MAX_TEXT && text.chars().noneMatch(Character::isISOControl);
    }

    private @Nullable Node value(String key) {
        Entry entry = item.entries().get(key);
        return entry == null || entry.value() instanceof Absent ? null : entry.value();
    }

    private static String describe(Node node) {
        return switch (node) {
            case Scalar scalar -> scalar.text();
            case Absent _ -> "null";
            case Sequence _ -> "[…]";
            case Mapping _ -> "{…}";
        };
    }

    private EndpointFileException bad(String key, String value, String allowed) {
        return bad(lineOf(key), key, value, allowed);
    }

    private EndpointFileException badLabel(String label, String value, String allowed) {
        return bad(lineOf("labels"), "labels." + label, value, allowed);
    }

    private EndpointFileException bad(int line, String key, String value, String allowed) {
        return EndpointFileException.at(
                file, line, at + "." + key + ": bad value " + ShownText.of(value) + "; allowed: " + allowed);
    }
}
