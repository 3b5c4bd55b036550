package io.kvasir.config;

import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.NamedPlugins.Named;
import io.kvasir.config.PickerConfig.Flow;
import io.kvasir.schedule.PluginContext;
import io.kvasir.schedule.PluginRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an {@code EndpointPickerConfig} of either group, in YAML or JSON, onto the registry of plug-ins: the field's format,
 * with its defaults filled in as its own reader does. What is wrong is told with line, key and what is allowed; what is right
 * and has nothing to act on here is a notice.
 */
public final class PickerConfigReader {
    private static final List<String> VERSIONS =
            List.of("llm-d.ai/v1", "llm-d.ai/v1alpha1", "inference.networking.x-k8s.io/v1alpha1");
    private static final String KIND = "EndpointPickerConfig";
    private static final List<String> KEYS = List.of(
            "apiVersion",
            "kind",
            "featureGates",
            "plugins",
            "schedulingProfiles",
            "dataLayer",
            "data",
            "flowControl",
            "requestHandler",
            "saturationDetector",
            "parser");
    /** The gate of what has requests wait. */
    public static final String QUEUE = "flowControl";

    private static final List<String> GATES =
            List.of(QUEUE, "haPopulateNonLeaderDatastore", "dataLayer", "prepareDataPlugins", "enableLegacyMetrics");
    private static final List<String> DATA_KEYS = List.of(
            "injectDefaults",
            "sources",
            "discovery",
            "peerDiscovery",
            "crossReplicaSyncerPluginRef",
            "crossReplicaSyncInterval",
            "crossReplicaPublishTimeout",
            "crossReplica");
    private static final List<String> CROSS_REPLICA_KEYS = List.of("syncerPluginRef", "syncInterval", "publishTimeout");
    private static final String REFERENCE = "{pluginRef}";
    private static final String REF = "pluginRef";

    private final PluginRegistry registry = PluginRegistry.shipped().with(PartTypes.all());
    private final PluginContext context;
    private final boolean refusing;
    private final @Nullable Boolean queueing;

    /** @param refusing whether a type that other pickers have, and that is not here, is refused; else it is left out */
    public PickerConfigReader(PluginContext context, boolean refusing) {
        this(context, refusing, null);
    }

    /**
     * One for who says more beside the document.
     *
     * @param queueing goes before the gate {@code flowControl} of the document; null for the document's own
     */
    public PickerConfigReader(PluginContext context, boolean refusing, @Nullable Boolean queueing) {
        this.context = context;
        this.refusing = refusing;
        this.queueing = queueing;
    }

    /** Whether a gate of that name is known, if only to be read. */
    public static boolean knowsGate(String name) {
        return GATES.contains(name);
    }

    /** All of them, for messages. */
    public static String gates() {
        return String.join(", ", GATES);
    }

    /**
     * Reads one.
     *
     * @param source its file, or what else it comes from, for messages
     * @throws InvalidConfigException for the first thing that is wrong
     */
    public PickerConfig read(String source, byte[] content) throws InvalidConfigException {
        var root = ConfigReader.parse(source, content);
        if (root instanceof Absent) {
            return PickerConfig.NONE;
        }
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(source, root.line(), "not a mapping");
        }
        return new Reading(source, Fields.of(source, "", mapping)).config();
    }

    private final class Reading {
        private final String source;
        private final Fields document;
        private final List<String> notices = new ArrayList<>();
        private final NamedPlugins plugins;
        private @Nullable Boolean open;

        Reading(String source, Fields document) {
            this.source = source;
            this.document = document;
            plugins = new NamedPlugins(source, registry, context, refusing, notices);
        }

        PickerConfig config() throws InvalidConfigException {
            document.known(KEYS, UnknownKeys.REFUSED);
            oneOf("apiVersion", VERSIONS);
            oneOf("kind", List.of(KIND));
            gates();
            plugins.read(document.list("plugins", "a list of {name, type, parameters}"));
            data("dataLayer");
            data("data");
            var flow = flow();
            parsers();
            detector(document);
            var profiles = new SchedulingProfiles(source, plugins, registry, context, notices);
            profiles.read(document);
            var scheduling = profiles.scheduling(document);
            var engines = new EngineSection(source, plugins, notices).engines();
            return new PickerConfig(
                    scheduling,
                    engines,
                    flow,
                    GeneratedText.is(plugins.all(), profiles.lists()),
                    notices,
                    active(profiles));
        }

        private void oneOf(String key, List<String> allowed) throws InvalidConfigException {
            String text = document.text(key);
            if (text != null && !allowed.contains(text)) {
                throw document.bad(key, text, String.join(", ", allowed));
            }
        }

        private void gates() throws InvalidConfigException {
            String allowed = "a list of NAME, NAME=true or NAME=false, of " + String.join(", ", GATES);
            for (String gate : document.texts("featureGates", allowed)) {
                int equals = gate.indexOf('=');
                String name = equals < 0 ? gate : gate.substring(0, equals);
                String value = equals < 0 ? "true" : gate.substring(equals + 1);
                if (!GATES.contains(name) || !Set.of("true", "false").contains(value)) {
                    throw document.bad("featureGates", gate, allowed);
                }
                if (name.equals(QUEUE)) {
                    open = Boolean.valueOf(value);
                }
            }
            open = queueing == null ? open : queueing;
        }

        private void data(String key) throws InvalidConfigException {
            var data = document.fields(key, "a mapping");
            if (data == null) {
                return;
            }
            data.known(DATA_KEYS, UnknownKeys.REFUSED);
            var sources = data.list("sources", "a list of {pluginRef, extractors}");
            for (int i = 0; i < sources.size(); i++) {
                var item = item(sources.get(i), key + ".sources[" + i + "]", List.of(REF, "extractors"));
                var _ = plugins.referred(item, REF);
                for (ConfigNode node : item.list("extractors", "a list of {pluginRef}")) {
                    var _ = plugins.referred(item(node, key + ".sources[" + i + "].extractors", List.of(REF)), REF);
                }
            }
            reference(data, "peerDiscovery");
            discovery(data);
            var replicas = data.fields("crossReplica", "a mapping");
            if (replicas != null) {
                replicas.known(CROSS_REPLICA_KEYS, UnknownKeys.REFUSED);
                named(replicas, "syncerPluginRef");
            }
            named(data, "crossReplicaSyncerPluginRef");
        }

        /** Of endpoints and of other pickers, each by a reference; older ones have that of endpoints alone. */
        private void discovery(Fields data) throws InvalidConfigException {
            var discovery = data.fields("discovery", "{endpoints, peers} of " + REFERENCE);
            if (discovery != null) {
                discovery.known(List.of("endpoints", "peers", REF), UnknownKeys.REFUSED);
                reference(discovery, "endpoints");
                reference(discovery, "peers");
                named(discovery, REF);
            }
        }

        private void reference(Fields in, String key) throws InvalidConfigException {
            var reference = in.fields(key, REFERENCE);
            if (reference != null) {
                reference.known(List.of(REF), UnknownKeys.REFUSED);
                var _ = plugins.referred(reference, REF);
            }
        }

        private void named(Fields in, String key) throws InvalidConfigException {
            String name = in.text(key);
            if (name != null) {
                var _ = plugins.find(name, in, key);
            }
        }

        private Flow flow() throws InvalidConfigException {
            var section = document.fields("flowControl", "a mapping");
            if (section != null) {
                detector(section);
            }
            var settings = new FlowSection(source, plugins, notices).settings(document);
            if (section != null && !Boolean.TRUE.equals(open)) {
                notices.add(source + ":" + section.mapping().line()
                        + ": flowControl: has no effect without featureGates: [flowControl]");
            }
            return new Flow(open, settings);
        }

        private void parsers() throws InvalidConfigException {
            var handler = document.fields("requestHandler", "a mapping");
            boolean named = false;
            if (handler != null) {
                handler.known(List.of("parsers", "propagatePriority"), UnknownKeys.REFUSED);
                if (FlowValues.flag(handler, "propagatePriority", false)) {
                    notices.add(source + ":" + handler.lineOf("propagatePriority")
                            + ": requestHandler.propagatePriority has no effect: engines get the priority that a client"
                            + " writes");
                }
                for (ConfigNode node : handler.list("parsers", "a list of {pluginRef}")) {
                    var _ = plugins.referred(item(node, "requestHandler.parsers", List.of(REF)), REF);
                    named = true;
                }
            }
            var parser = document.fields("parser", "{pluginRef}");
            if (parser != null) {
                parser.known(List.of(REF), UnknownKeys.REFUSED);
                var _ = plugins.referred(parser, REF);
                named = true;
            }
            if (named) {
                notices.add(source + ":" + document.lineOf(handler == null ? "parser" : "requestHandler")
                        + ": the choice of parsers has no effect: every dialect is read, by the end of the path");
            }
        }

        /** By reference, or as the older group has it: with its values. */
        private void detector(Fields in) throws InvalidConfigException {
            var detector = in.fields("saturationDetector", "{pluginRef}");
            if (detector != null) {
                detector.known(
                        List.of(REF, "queueDepthThreshold", "kvCacheUtilThreshold", "metricsStalenessThreshold"),
                        UnknownKeys.REFUSED);
                if (detector.value(REF) != null) {
                    var _ = plugins.referred(detector, REF);
                }
                notices.add(source + ":" + detector.mapping().line()
                        + ": saturationDetector has no effect outside of a profile: whether a request waits is decided by"
                        + " predicted seconds here");
            }
        }

        private Fields item(ConfigNode node, String at, List<String> keys) throws InvalidConfigException {
            if (!(node instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source, node.line(), at + ": not a mapping; allowed: {" + String.join(", ", keys) + "}");
            }
            var fields = Fields.of(source, at, mapping);
            fields.known(keys, UnknownKeys.REFUSED);
            return fields;
        }

        private Map<String, Object> active(SchedulingProfiles profiles) {
            var active = new LinkedHashMap<String, Object>();
            document.mapping().entries().forEach((key, entry) -> active.put(key, NamedPlugins.value(entry.value())));
            var list = new ArrayList<Map<String, Object>>();
            for (Named named : plugins.all()) {
                var plugin = new LinkedHashMap<String, Object>();
                plugin.put("name", named.name());
                plugin.put("type", named.type());
                if (!named.parameters().isEmpty()) {
                    plugin.put("parameters", named.parameters());
                }
                list.add(plugin);
            }
            active.put("plugins", list);
            active.put("schedulingProfiles", profiles.active());
            return active;
        }
    }

    /** Whether a document names one of these types, however wrong it is otherwise. */
    public static boolean names(String source, byte[] content, Set<String> types) throws InvalidConfigException {
        if (!(ConfigReader.parse(source, content) instanceof Mapping root)) {
            return false;
        }
        for (ConfigNode plugin : Fields.of(source, "", root).list("plugins", "a list of plug-ins")) {
            if (plugin instanceof Mapping item
                    && Fields.of(source, "plugins", item).value("type") instanceof Scalar type
                    && types.contains(type.text())) {
                return true;
            }
        }
        return false;
    }
}
