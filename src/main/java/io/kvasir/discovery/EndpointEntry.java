package io.kvasir.discovery;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.PolledAddress;
import io.kvasir.pool.Role;
import io.netty.util.NetUtil;
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
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?");

    private final Fields item;

    EndpointEntry(Fields item) {
        this.item = item;
    }

    EndpointSpec spec() throws InvalidConfigException {
        var labels = labels();
        int port = (int) item.whole("port", required("port"), 1, 65_535);
        var engine = engine(labels);
        return EndpointSpec.builder(name(), address(), port)
                .labels(labels)
                .role(role(labels))
                .vendor(item.text("vendor"))
                .product(item.text("product"))
                .partition(item.text("partition"))
                .count((int) item.whole("count", 1, 1, 1024))
                .sharing((int) item.whole("sharing", 1, 1, 1024))
                .engine(engine)
                .model(item.text("model"))
                .adapters(item.texts("adapters", "a list of names"))
                .maxModelLen((int) item.whole("maxModelLen", 0, 1, Integer.MAX_VALUE))
                .kvTokens(item.whole("kvTokens", 0, 1, 1L << 50))
                .metricsPort((int) item.whole("metricsPort", engine.metricsPort(port), 1, 65_535))
                .kvEvents(kvEvents())
                .weight(item.number("weight", 0, Double.MIN_VALUE, 1e6, "a number above 0, at most 1000000"))
                .protocol(item.oneOf("protocol", EngineProtocol.HTTP, EngineProtocol::parse, "http, h2c"))
                .apiKey(apiKey())
                .build();
    }

    private String required(String key) throws InvalidConfigException {
        return item.required(key, "required: name, address, port", KEYS);
    }

    /** No message shows it. */
    private @Nullable ApiKey apiKey() throws InvalidConfigException {
        ConfigNode node = item.value("apiKey");
        if (node == null) {
            return null;
        }
        try {
            return new ApiKey(node instanceof Scalar scalar ? scalar.text() : "");
        } catch (IllegalArgumentException e) {
            throw item.problem("apiKey", String.valueOf(e.getMessage()));
        }
    }

    /** Names are unique within a namespace; those outside {@code default} are told apart by it. */
    private String name() throws InvalidConfigException {
        String name = required("name");
        String namespace = item.text("namespace");
        return namespace == null || namespace.equals("default") ? name : namespace + "/" + name;
    }

    private String address() throws InvalidConfigException {
        String text = required("address");
        String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        boolean ok = bare.indexOf(':') >= 0
                ? NetUtil.isValidIpV6Address(bare)
                : HOST.matcher(bare).matches();
        if (!ok) {
            throw item.bad("address", text, "an IP address or host name, without scheme and port");
        }
        return bare;
    }

    private Map<String, String> labels() throws InvalidConfigException {
        var fields = item.fields("labels", "a mapping of names to texts");
        if (fields == null) {
            return Map.of();
        }
        var labels = new LinkedHashMap<String, String>();
        for (var entry : fields.mapping().entries().entrySet()) {
            switch (entry.getValue().value()) {
                case Scalar scalar -> labels.put(entry.getKey(), scalar.text());
                case Absent _ -> labels.put(entry.getKey(), "");
                case ConfigNode other -> throw fields.bad(entry.getKey(), other.shown(), "a text");
            }
        }
        return labels;
    }

    private Role role(Map<String, String> labels) throws InvalidConfigException {
        String label = labels.getOrDefault(Role.LABEL, "");
        if (item.text("role") == null && !label.isEmpty()) {
            return Role.parse(label).orElseThrow(() -> badLabel(Role.LABEL, label, ROLES));
        }
        return item.oneOf("role", Role.BOTH, Role::parse, ROLES);
    }

    private EngineKind engine(Map<String, String> labels) throws InvalidConfigException {
        for (String name : List.of(EngineKind.LABEL, EngineKind.OLD_LABEL)) {
            String label = labels.getOrDefault(name, "");
            if (item.text("engine") == null && !label.isEmpty()) {
                return EngineKind.parse(label).orElseThrow(() -> badLabel(name, label, ENGINES));
            }
        }
        return item.oneOf("engine", EngineKind.VLLM, EngineKind::parse, ENGINES);
    }

    private @Nullable String kvEvents() throws InvalidConfigException {
        String text = item.text("kvEvents");
        if (text != null && !text.startsWith("ipc://")) {
            try {
                if (PolledAddress.is(text)) {
                    PolledAddress.parse(text);
                } else {
                    EventAddress.parse(text);
                }
            } catch (IllegalArgumentException e) {
                throw item.bad(
                        "kvEvents",
                        text,
                        "tcp://host:port, with ?replay=PORT&topic=PREFIX&ranks=N, or ipc://path, or http://host:port/path,"
                                + " with ?interval=MILLISECONDS&block=TOKENS");
            }
        }
        return text;
    }

    private InvalidConfigException badLabel(String label, String value, String allowed) {
        return item.bad(item.lineOf("labels"), "labels." + label, value, allowed);
    }
}
