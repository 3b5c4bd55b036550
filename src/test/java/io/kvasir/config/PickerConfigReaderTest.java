package io.kvasir.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.PickerConfig.Scheduling;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Need;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.PluginContext;
import io.kvasir.schedule.PluginKind;
import io.kvasir.schedule.PluginRegistry;
import io.kvasir.schedule.Profiles.NamedProfiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PickerConfigReaderTest {
    private static final Path CORPUS = Path.of("src/test/resources/picker-configs");

    /** Of policies of our own, whose files nobody else can read. */
    private static final Set<String> STANDING =
            Set.of("model-filter", "context-limit-filter", "health-filter", "context-fit-filter");

    private static PickerConfig read(String source, byte[] content, boolean refusing) throws InvalidConfigException {
        return new PickerConfigReader(new PluginContext(new TimeModel(ModelCatalogue.load())), refusing)
                .read(source, content);
    }

    private static PickerConfig text(String text) throws InvalidConfigException {
        return read("line", text.getBytes(UTF_8), false);
    }

    private static PickerConfig file(String name) throws IOException, InvalidConfigException {
        return read(name, Files.readAllBytes(CORPUS.resolve(name)), false);
    }

    private static Scheduling scheduling(String name) throws IOException, InvalidConfigException {
        return Objects.requireNonNull(file(name).scheduling());
    }

    static Stream<Path> corpus() throws IOException {
        try (var files = Files.list(CORPUS)) {
            return files.sorted().toList().stream();
        }
    }

    /** The plug-ins of profiles by name, as they are shown. */
    @SuppressWarnings("unchecked") // values of JSON
    private static List<String> members(PickerConfig config, String profile) {
        var profiles = (List<Map<String, Object>>)
                Objects.requireNonNull(config.active().get("schedulingProfiles"));
        return profiles.stream()
                .filter(one -> profile.equals(one.get("name")))
                .flatMap(one -> ((List<Map<String, Object>>) Objects.requireNonNull(one.get("plugins"))).stream())
                .map(one -> one.get("pluginRef") + (one.containsKey("weight") ? " " + one.get("weight") : ""))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void everyConfigurationOfTheCorpusIsRead(Path file) throws IOException, InvalidConfigException {
        assertThat(file(file.getFileName().toString()).scheduling()).isNotNull();
    }

    @Test
    void theCorpusNamesEveryTypeAndEveryParameter() throws IOException, InvalidConfigException {
        var named = new HashSet<String>();
        for (Path file : corpus().toList()) {
            var root = (Mapping) ConfigReader.parse(file.getFileName().toString(), Files.readAllBytes(file));
            for (ConfigNode node : Fields.of("", "", root).list("plugins", "")) {
                var plugin = Fields.of("", "", (Mapping) node);
                String type = String.valueOf(plugin.text("type"));
                named.add(type);
                var parameters = plugin.fields("parameters", "");
                if (parameters != null) {
                    names(type, "", parameters.mapping(), named);
                }
            }
        }

        for (var type : PluginRegistry.shipped().with(PartTypes.all()).types()) {
            boolean internal =
                    STANDING.contains(type.name()) || type.name().matches("pairable-filter|prefill-room-filter");
            if (!internal) {
                assertThat(named).contains(type.name());
                boolean ignored =
                        type.kinds().contains(PluginKind.PART) || type.name().equals("disagg-profile-handler");
                for (var parameter : type.parameters()) {
                    if (!ignored && !parameter.ignored()) {
                        assertThat(named).contains(type.name() + " " + parameter.name());
                    }
                }
            }
        }
    }

    private static void names(String type, String prefix, Mapping mapping, Set<String> named) {
        mapping.entries().forEach((key, entry) -> {
            named.add(type + " " + prefix + key);
            if (entry.value() instanceof Mapping inner) {
                names(type, prefix + key + ".", inner, named);
            }
        });
    }

    @Test
    void aProfileRunsBehindTheSafeguardsAndReadsWhatItsPluginsNeed() throws Exception {
        var scheduling = scheduling("generated-aggregated.yaml");

        assertThat(scheduling.profile().name()).isEqualTo("default");
        assertThat(scheduling.profile().needs(Need.PREFIX)).isTrue();
        assertThat(scheduling.prefill()).isNull();
        assertThat(scheduling.decider()).isEqualTo(new PdDecider.Never());
        assertThat(scheduling.profile().headers()).isEmpty();
    }

    @Test
    void whatAPlatformWritesForEverybodyIsKnownHoweverItIsSpelled() throws Exception {
        assertThat(file("generated-aggregated.yaml").generated()).isTrue();
        assertThat(file("generated-prefill-decode.yaml").generated()).isTrue();
        for (String other : List.of("older-group.json", "every-type.yaml", "by-header.yaml", "without-profiles.yaml")) {
            assertThat(file(other).generated()).as(other).isFalse();
        }
        String text = Files.readString(CORPUS.resolve("generated-aggregated.yaml"));
        assertThat(text(text.replace("weight: 3", "weight: 4")).generated()).isFalse();
        assertThat(text(text.replace("- type: queue-scorer", "- type: lora-affinity-scorer\n- type: queue-scorer")
                                .replace(
                                        "  - {pluginRef: max-score-picker}",
                                        "  - {pluginRef: lora-affinity-scorer, weight: 4}\n"
                                                + "  - {pluginRef: max-score-picker}"))
                        .generated())
                .isTrue();
    }

    @Test
    void prefillAndDecodeHaveAProfileEachAndADecider() throws Exception {
        var always = scheduling("generated-prefill-decode.yaml");
        assertThat(always.profile().name()).isEqualTo("decode");
        assertThat(Objects.requireNonNull(always.prefill()).name()).isEqualTo("prefill");
        assertThat(always.decider()).isEqualTo(new PdDecider.Always());

        var older = scheduling("older-group.json");
        assertThat(older.decider()).isEqualTo(new PdDecider.UncachedTokens(64, 0));

        var every = scheduling("every-type.yaml");
        assertThat(every.profile().name()).isEqualTo("answers");
        assertThat(every.decider()).isEqualTo(new PdDecider.UncachedTokens(512, 1024));
        assertThat(every.profile().headers()).containsExactlyInAnyOrder("x-conversation", "x-token", "x-region");
        assertThat(every.profile().named()).isEqualTo(3);
        assertThat(Objects.requireNonNull(every.encode()).name()).isEqualTo("media");
    }

    @Test
    void mediaAreEncodedByOthersWhereAProfileAndADeciderSayIt() throws Exception {
        String file = """
            plugins:
            - type: encode-filter
            - type: decode-filter
            - type: %s
            - type: disagg-profile-handler
              parameters: {%s}
            schedulingProfiles:
            - name: decode
              plugins: [{pluginRef: decode-filter}]
            - name: encode
              plugins: [{pluginRef: encode-filter}]
            """;
        String decider = "always-disagg-multimodal-decider";
        for (String said : List.of("", "deciders: {encode: " + decider + "}", "encodeDeciderPluginName: " + decider)) {
            var config = text(file.formatted(decider, said));
            assertThat(Objects.requireNonNull(
                                    Objects.requireNonNull(config.scheduling()).encode())
                            .name())
                    .isEqualTo("encode");
            assertThat(config.notices()).isEmpty();
        }
        var lacking = text(file.formatted(decider, "profiles: {encode: medai}, deciders: {encode: " + decider + "}"));
        assertThat(Objects.requireNonNull(lacking.scheduling()).encode()).isNull();
        assertThat(lacking.notices())
                .containsExactly(
                        "line:7: disagg-profile-handler.profiles.encode: no profile is named \"medai\", so that"
                                + " \"always-disagg-multimodal-decider\" decides nothing; allowed: decode, encode");
        var undecided = text(file.formatted("queue-scorer", ""));
        assertThat(Objects.requireNonNull(undecided.scheduling()).encode()).isNull();
        assertThat(undecided.notices())
                .containsExactly("line:1: disagg-profile-handler names no decider of media, so that nobody encodes for"
                        + " others; deciders.encode names one");
        assertThatThrownBy(() -> text(file.formatted("queue-scorer", "deciders: {encode: queue-scorer}")))
                .hasMessage(
                        "line:1: plugins: disagg-profile-handler.deciders.encode: \"queue-scorer\" is a queue-scorer;"
                                + " allowed: an always-disagg-multimodal-decider");
    }

    @Test
    void aHeaderNamesAProfile() throws Exception {
        var scheduling = scheduling("by-header.yaml");

        assertThat(scheduling.named().header()).isEqualTo("x-profile");
        assertThat(scheduling.named().byName()).containsOnlyKeys("long", "short");
        assertThat(scheduling.profile()).isSameAs(scheduling.named().byName().get("long"));
        // a profile without a picker gets the first that is configured
        assertThat(members(file("by-header.yaml"), "long")).containsExactly("queue-scorer 1.0", "random-picker");
        assertThat(scheduling("data-parallel.yaml").dataParallelPort()).isEqualTo(8100);
    }

    @Test
    void whatIsLeftOutIsFilledInAsTheFieldDoes() throws Exception {
        assertThat(members(file("without-profiles.yaml"), "default"))
                .containsExactly("decode-filter", "waiting 1.0", "random-picker");
        assertThat(members(text("plugins: []"), "default"))
                .containsExactly(
                        "queue-scorer 2.0",
                        "kv-cache-utilization-scorer 2.0",
                        "prefix-cache-scorer 3.0",
                        "max-score-picker");
        // what says nothing of scheduling leaves it as it is
        assertThat(text("").scheduling()).isNull();
        assertThat(text("plugins: [{type: metrics-data-source}]").scheduling()).isNull();
    }

    @Test
    void enginesAreReadAsConfigured() throws Exception {
        var engines = file("every-type.yaml").engines();
        assertThat(engines)
                .isEqualTo(new PickerConfig.Engines(
                        "https",
                        "/own",
                        9100,
                        false,
                        "vllm",
                        List.of(new EngineFamilies(
                                "vllm",
                                "own:waiting{queue=main}",
                                "own:running",
                                "own:usage",
                                "own:lora",
                                "own:cache",
                                Map.of("GPUUtilization", "own:gpu")))));
        assertThat(text("plugins: [{type: metrics-data-source, parameters: {scheme: https}}]")
                        .engines())
                .isEqualTo(new PickerConfig.Engines("https", null, null, null, null, List.of()));
    }

    @Test
    void whatHasNothingToActOnIsToldOnceWithItsLine() throws Exception {
        assertThat(file("lacking.yaml").notices())
                .containsExactly(
                        "lacking.yaml:4: multicluster-queue-scorer is left out: a pool is one cluster: run a picker in"
                                + " each, and let the gateway choose between clusters",
                        "lacking.yaml:6: burst-prefix-cache-producer is left out: use prefix-cache-scorer: a prompt"
                                + " counts where it was placed from the moment on that it was",
                        "lacking.yaml:7: probabilistic-admitter is left out: use --flow-control: requests of negative"
                                + " priority are the first to be refused, and can be evicted");
        assertThat(members(file("lacking.yaml"), "default")).containsExactly("queue-scorer 1.0", "max-score-picker");
        assertThat(file("generated-aggregated.yaml").notices()).isEmpty();
        assertThat(file("generated-prefill-decode.yaml").notices()).isEmpty();
        assertThat(file("older-group.json").notices())
                .anyMatch(line -> line.contains("prefix-cache-scorer: no effect here: "
                        + "hashBlockSize, maxPrefixBlocksToMatch, lruCapacityPerServer"));
    }

    @Test
    void theFirstStableVersionIsReadWithWhatItMoved() throws Exception {
        var config = file("first-stable.yaml");

        assertThat(members(config, "default"))
                .containsExactly("room", "token-load-scorer 1.0", "session 2.0", "max-score-picker");
        // one profile needs no header
        assertThat(Objects.requireNonNull(config.scheduling()).named()).isEqualTo(NamedProfiles.NONE);
        assertThat(config.scheduling().profile().headers())
                .containsExactlyInAnyOrder(
                        "x-session-id", "x-claude-code-session-id", "x-session-affinity", "session-id", "session_id");
        assertThat(config.flow().gate()).isTrue();
        var flow = Objects.requireNonNull(config.flow().settings());
        assertThat(flow.limits().requests()).isEqualTo(1000);
        assertThat(flow.limits().bytes()).isEqualTo(3L << 29);
        assertThat(flow.headroom()).isCloseTo(0.3, within(1e-9));
        assertThat(flow.priorities().keySet()).containsExactly(-5, 100);
        assertThat(Objects.requireNonNull(flow.priorities().get(100)).longestWaitSeconds())
                .isEqualTo(10);
        assertThat(Objects.requireNonNull(flow.priorities().get(-5)).longestWaitSeconds())
                .isEqualTo(300);
        assertThat(flow.unlisted().limits().requests()).isEqualTo(500);
        assertThat(config.notices())
                .anyMatch(line -> line.startsWith("first-stable.yaml:19: thunder-agent is left out: "))
                .anyMatch(line -> line.startsWith("first-stable.yaml:20: redis-syncer is left out: "))
                .anyMatch(
                        line -> line.startsWith("first-stable.yaml:36: requestHandler.propagatePriority has no effect"))
                .anyMatch(line -> line.endsWith("token-load-scorer: no effect here: nonTextTokenWeight"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        dataLayer: {discovery: {endpoint: {pluginRef: a}}}        | line:1: dataLayer.discovery.endpoint: unknown key, did you mean endpoints?
        dataLayer: {discovery: {endpoints: {pluginRef: a}}}       | line:1: dataLayer.discovery.endpoints.pluginRef: no plug-in is named "a"
        dataLayer: {discovery: {pluginRef: a}}                    | line:1: dataLayer.discovery.pluginRef: no plug-in is named "a"
        dataLayer: {crossReplica: {syncer: a}}                    | line:1: dataLayer.crossReplica.syncer: unknown key
        dataLayer: {crossReplica: {syncerPluginRef: a}}           | line:1: dataLayer.crossReplica.syncerPluginRef: no plug-in is named "a"
        dataLayer: {crossReplicaSyncerPluginRef: a}               | line:1: dataLayer.crossReplicaSyncerPluginRef: no plug-in is named "a"
        requestHandler: {propagatePriority: 2}                    | line:1: requestHandler.propagatePriority: bad value "2"; allowed: true, false
        plugins: [{type: session-affinity-filter, parameters: {sessionIdConfig: {sources: [{header: a, attribute: b}]}}}] | line:1: session-affinity-filter.sessionIdConfig.sources: bad value
        """)
    void whatItMovedIsCheckedAsWell(String text, String message) {
        assertThatThrownBy(() -> text(text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void whatIsNotHereIsRefusedOnDemand() {
        assertThatThrownBy(() -> read("a.yaml", Files.readAllBytes(CORPUS.resolve("lacking.yaml")), true))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessage(
                        "a.yaml:4: plugins[0].type: multicluster-queue-scorer is not here: a pool is one cluster: run a"
                                + " picker in each, and let the gateway choose between clusters");
    }

    @Test
    void noTypeIsBothHereAndNotHere() {
        var registry = PluginRegistry.shipped().with(PartTypes.all());
        assertThat(LackingTypes.all().keySet()).noneMatch(registry::has);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        kind: Pool                                       | line:1: kind: bad value "Pool"; allowed: EndpointPickerConfig
        apiVersion: v1                                   | line:1: apiVersion: bad value "v1"; allowed: llm-d.ai/v1, llm-d.ai/v1alpha1, inference.networking.x-k8s.io/v1alpha1
        plugin: []                                       | line:1: plugin: unknown key, did you mean plugins?
        plugins: [{name: a}]                             | line:1: plugins[0].type: missing; required: type
        plugins: [queue-scorer]                          | line:1: plugins[0]: not a mapping; allowed: {name, type, parameters}
        plugins: [{type: queue-score}]                   | line:1: queue-score: unknown plug-in type, did you mean queue-scorer?
        plugins: [{type: queue-scorer, weight: 1}]       | line:1: plugins[0].weight: unknown key
        plugins: [{type: queue-scorer}, {type: queue-scorer}] | line:1: plugins[1].type: a second plug-in named "queue-scorer"
        featureGates: [flow]                             | line:1: featureGates: bad value "flow"; allowed: a list of NAME
        """)
    void whatIsWrongIsToldWithLineKeyAndWhatIsAllowed(String text, String message) {
        assertThatThrownBy(() -> text(text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void parametersAndReferencesAreToldWithTheirOwnLines() {
        assertThatThrownBy(() -> text("""
            plugins:
            - type: prefix-cache-affinity-filter
              parameters:
                maxTTFTPenaltyMs: 5
                affinityThreshold: 1.2
            """))
                .hasMessage("line:5: prefix-cache-affinity-filter.affinityThreshold: bad value \"1.2\"; allowed: a"
                        + " number from 0 to 1");
        assertThatThrownBy(() -> text("""
            plugins:
            - type: endpoint-attribute-filter
              parameters:
                attribute: a
                algorithm:
                  operator: Above
            """))
                .hasMessageStartingWith(
                        "line:6: endpoint-attribute-filter.algorithm.operator: bad value \"Above\"; allowed: "
                                + "LessThan, ");
        assertThatThrownBy(() -> text("""
            plugins:
            - type: queue-scorer
            schedulingProfiles:
            - name: default
              plugins:
              - pluginRef: queue-score
            """))
                .hasMessage(
                        "line:6: schedulingProfiles[0].plugins[0].pluginRef: no plug-in is named \"queue-score\", did"
                                + " you mean queue-scorer?; allowed: queue-scorer");
        assertThatThrownBy(() -> text("""
            plugins:
            - type: queue-scorer
            - type: load-aware-scorer
            schedulingProfiles:
            - name: one
              plugins: [{pluginRef: queue-scorer}]
            - name: two
              plugins: [{pluginRef: load-aware-scorer}]
            """))
                .hasMessage("line:4: schedulingProfiles: several profiles, and no plug-in says which to use; allowed:"
                        + " header-profile-handler, disagg-profile-handler");
        assertThatThrownBy(() -> text("""
            plugins:
            - type: disagg-profile-handler
              parameters: {deciders: {prefill: queue-scorer}}
            - type: queue-scorer
            schedulingProfiles:
            - name: decode
              plugins: [{pluginRef: queue-scorer}]
            - name: prefill
              plugins: [{pluginRef: queue-scorer}]
            """))
                .hasMessage(
                        "line:1: plugins: disagg-profile-handler.deciders.prefill: \"queue-scorer\" is a queue-scorer;"
                                + " allowed: a decider such as prefix-based-pd-decider");
        assertThatThrownBy(() -> text("""
            plugins:
            - type: max-score-picker
            - type: random-picker
            schedulingProfiles:
            - name: default
              plugins:
              - pluginRef: max-score-picker
              - pluginRef: random-picker
            """))
                .hasMessage("line:8: random-picker: a second picker beside max-score-picker; allowed: one");
    }
}
