package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PluginRegistryTest {
    private final PluginRegistry registry = PluginRegistry.shipped();
    private final PluginContext context = new PluginContext(new TimeModel(ModelCatalogue.load()));

    static Stream<PluginType> types() {
        return PluginRegistry.shipped().types().stream();
    }

    private static boolean is(PluginKind kind, Plugin plugin) {
        return switch (kind) {
            case FILTER -> plugin instanceof Filter;
            case SCORER -> plugin instanceof Scorer;
            case PICKER -> plugin instanceof Picker;
            case DECIDER -> plugin instanceof PdDecider || plugin instanceof MediaDecider;
            case HANDLER -> plugin instanceof ProfileHandler;
            case PART -> plugin instanceof BuiltIn;
        };
    }

    /** What no plug-in of that type can be made without. */
    private static Map<String, Object> required(PluginType type) {
        var required = new HashMap<String, Object>();
        type.parameters().stream().filter(Parameter::required).forEach(p -> required.put(p.name(), "some"));
        return required;
    }

    private static Map<String, Object> with(Map<String, Object> given, String name, Object value) {
        var all = new HashMap<>(given);
        all.put(name, value);
        return all;
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTypeIsFoundByItsNameAndMakesWhatItSays(PluginType type) {
        var plugin = type.make(required(type), context);

        assertThat(registry.type(type.name())).isSameAs(type);
        assertThat(plugin.name()).isEqualTo(type.name());
        for (PluginKind kind : PluginKind.values()) {
            assertThat(is(kind, plugin))
                    .as("%s is a %s", type.name(), kind)
                    .isEqualTo(type.kinds().contains(kind));
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyParameterTakesItsOwnDefaultAndNothingElseThanItsKind(PluginType type) {
        for (var parameter : type.parameters()) {
            Object otherwise = parameter.otherwise();
            boolean plain = otherwise instanceof Number || otherwise instanceof Boolean;
            if (plain || (otherwise instanceof String text && !text.isEmpty())) {
                var plugin = type.make(with(required(type), parameter.name(), otherwise), context);
                assertThat(plugin.name()).isEqualTo(type.name());
            }
            if (parameter.allowed().equals("any value")) {
                continue;
            }
            // a number of one kind may be one of the other, and so may a list or a text
            for (Object bad : List.of(Double.NaN, Double.NEGATIVE_INFINITY, Set.of())) {
                assertThatThrownBy(() -> type.make(with(required(type), parameter.name(), bad), context))
                        .isInstanceOf(PluginException.class)
                        .hasMessage(type.name() + "." + parameter.name() + ": bad value \"" + bad + "\"; allowed: "
                                + parameter.allowed());
            }
            if (plain) {
                for (Object bad : List.of("text", 1e301, List.of(), Map.of())) {
                    assertThatThrownBy(() -> type.make(with(required(type), parameter.name(), bad), context))
                            .hasMessageContaining("bad value");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void withoutWhatItCannotBeMadeWithoutItIsRefused(PluginType type) {
        for (String name : required(type).keySet()) {
            var rest = required(type);
            rest.remove(name);
            assertThatThrownBy(() -> type.make(rest, context))
                    .isInstanceOf(PluginException.class)
                    .hasMessageStartingWith(type.name() + "." + name + ": missing; required: ");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        token-load-scorer            | queueThresholdTokens | 0      | token-load-scorer.queueThresholdTokens: bad value "0.0"; allowed: a number from 1 to 1000000000000000
        prefix-cache-affinity-filter | affinityThreshold    | 1.2    | prefix-cache-affinity-filter.affinityThreshold: bad value "1.2"; allowed: a number from 0 to 1
        prefix-based-pd-decider      | nonCachedTokens      | 1.5    | prefix-based-pd-decider.nonCachedTokens: bad value "1.5"; allowed: a whole number from 0 to 2147483647
        pairable-filter              | acrossVendors        | 1      | pairable-filter.acrossVendors: bad value "1.0"; allowed: true, false
        time-scorer                  | tokenMillis          | 0      | time-scorer.tokenMillis: bad value "0.0"; allowed: a number from 1 to 60000
        time-scorer                  | decode_weight        | 1      | time-scorer.decode_weight: unknown parameter, did you mean decodeWeight? allowed: decodeWeight, evenWeight, tokenMillis, ttftSloMillis, tpotSloMillis, spread
        queue-scorer                 | threshold            | 1      | queue-scorer.threshold: unknown parameter; allowed: none
        """)
    void aBadParameterIsNamedWithPluginKeyValueAndWhatIsAllowed(String type, String key, double value, String message) {
        assertThatThrownBy(() -> registry.type(type).make(Map.of(key, value), context))
                .isInstanceOfSatisfying(PluginException.class, e -> {
                    assertThat(e.plugin()).isEqualTo(type);
                    assertThat(e.key()).isEqualTo(key);
                })
                .hasMessage(message);
    }

    @Test
    void anUnknownTypeIsToldWithTheNearestOne() {
        assertThatThrownBy(() -> registry.type("queue-score"))
                .isInstanceOf(PluginException.class)
                .hasMessageStartingWith(
                        "queue-score: unknown plug-in type, did you mean queue-scorer? allowed: model-filter, ");
        assertThatThrownBy(() -> registry.type("nothing\nlike it"))
                .hasMessageStartingWith("nothing\\u000alike it: unknown plug-in type; allowed: ");
    }

    @Test
    void aTypeIsFoundByAliasesTooAndNoNameMeansTwo() {
        var type = new PluginType(
                "new-name", List.of("old-name"), Set.of(PluginKind.SCORER), List.of(), (_, _) -> new QueueScorer());

        assertThat(new PluginRegistry(List.of(type)).type("old-name")).isSameAs(type);
        var other = PluginType.of(PluginKind.FILTER, "old-name", (_, _) -> new ModelFilter());
        assertThatThrownBy(() -> new PluginRegistry(List.of(type, other)))
                .hasMessage("two types of plug-ins are named old-name");
    }

    @Test
    void parametersArriveInThePlugin() {
        var decider = registry.type("prefix-based-pd-decider")
                .make(Map.of("nonCachedTokens", 16, "promptTokens", 100L), context);

        assertThat(decider).isEqualTo(new PdDecider.UncachedTokens(16, 100));
    }

    @Test
    void aProfileNeedsWhatItsPluginsNeed() {
        var needs = new HashMap<String, Set<Need>>();
        for (var policy : Policy.values()) {
            var profile = policy.profile(context.time());
            needs.put(
                    policy.key(),
                    Stream.of(Need.values()).filter(profile::needs).collect(java.util.stream.Collectors.toSet()));
        }

        assertThat(needs)
                .containsEntry("time", Set.of(Need.values()))
                .containsEntry("prefix-affinity", Set.of(Need.values()))
                .containsEntry("prefix-load", Set.of(Need.PREFIX, Need.STATS))
                .containsEntry("least-load", Set.of(Need.STATS))
                .containsEntry("round-robin", Set.of(Need.STATS));
    }

    @Test
    void aProfileIsPutTogetherFromPluginsThatBelongThere() {
        var builder = new ProfileBuilder("own", registry, context).add("weighted-random-picker");

        assertThatThrownBy(() -> builder.add("max-score-picker"))
                .isInstanceOf(PluginException.class)
                .hasMessage("max-score-picker: a second picker beside weighted-random-picker; allowed: one");
        assertThatThrownBy(() -> builder.add("always-disagg-pd-decider"))
                .hasMessage("always-disagg-pd-decider: does not belong into a profile; allowed: filters, scorers, one"
                        + " picker");
        assertThatThrownBy(() -> builder.add("queue-scorer", Double.NaN, Map.of()))
                .hasMessage("queue-scorer.weight: bad value \"NaN\"; allowed: a finite number");
        assertThat(builder.add("queue-scorer").build().name()).isEqualTo("own");
    }
}
