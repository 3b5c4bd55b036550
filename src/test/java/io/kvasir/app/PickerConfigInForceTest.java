package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.scrape.EngineAccess.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PickerConfigInForceTest {
    private static final String GENERATED = read("generated-aggregated.yaml");

    @TempDir
    Path folder;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static String read(String name) {
        try {
            return Files.readString(Path.of("src/test/resources/picker-configs", name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static ServeSettings of(String... flags) {
        return ServeFlags.of(flags);
    }

    private PickerConfigInForce load(ServeSettings settings) throws Exception {
        return PickerConfigInForce.load(settings.routing(), time);
    }

    private Router router(ServeSettings settings, PickerConfigInForce config) {
        return new Router(
                new Pool(HardwareCatalogue.load()),
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1),
                time,
                settings.routing().profiles(time, config.config()),
                RouterSettings.DEFAULT,
                _ -> {},
                System::nanoTime,
                new SplittableRandom(1)::split);
    }

    private String deciding(String... flags) throws Exception {
        var settings = of(flags);
        try (var config = load(settings)) {
            return router(settings, config).profiles().profile().name() + ", "
                    + config.shown().get("decides") + ", "
                    + config.shown().get("shadow");
        }
    }

    @Test
    void aConfigurationDecidesUnlessAPolicyIsAskedForByName() throws Exception {
        assertThat(deciding()).isEqualTo("time, time, none");
        assertThat(deciding("--config-text", GENERATED)).isEqualTo("default, config, none");
        assertThat(deciding("--config-text", GENERATED, "--policy", "config")).isEqualTo("default, config, none");
        assertThat(deciding("--config-text", GENERATED, "--policy", "least-load"))
                .isEqualTo("least-load, least-load, none");
        assertThat(deciding("--config-text", "plugins: [{type: metrics-data-source}]"))
                .isEqualTo("time, time, none");
    }

    @Test
    void whatAPlatformWritesForEverybodyGivesWayByAnExplicitChoiceOnly() throws Exception {
        assertThat(deciding("--config-text", GENERATED, "--replace-generated-config"))
                .isEqualTo("time, time, none");
        assertThat(deciding("--config-text", GENERATED.replace("weight: 3", "weight: 5"), "--replace-generated-config"))
                .isEqualTo("default, config, none");
        assertThat(of("--config-text", GENERATED, "--replace-generated-config").warnings())
                .containsExactly("endpoints are chosen by policy time: the configuration is the one that the platform"
                        + " writes for everybody");
        assertThat(of("--config-text", GENERATED).warnings()).isEmpty();
    }

    @Test
    void eitherOneRunsInTheShadowOfTheOther() throws Exception {
        assertThat(deciding("--config-text", GENERATED, "--shadow-policy", "time"))
                .isEqualTo("default, config, time");
        assertThat(deciding("--config-text", GENERATED, "--policy", "time", "--shadow-policy", "config"))
                .isEqualTo("time, time, config");
        assertThatThrownBy(() -> of("--shadow-policy", "config"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("shadow-policy: config; allowed: with config-file or config-text");
    }

    @Test
    void gatesInAFlagGoBeforeThoseOfTheConfiguration() throws Exception {
        String text = "featureGates: [flowControl=%s]\nflowControl: {defaultRequestTTL: 7s}";
        for (String on : List.of("flowControl", "flowControl=true", "flowControl=T,haPopulateNonLeaderDatastore=0")) {
            var settings = of("--config-text", text.formatted("false"), "--feature-gates", on);
            assertThat(settings.warnings()).isEmpty();
            try (var config = load(settings);
                    var waits = new FlowControlInForce(
                            settings.traffic(), config.config().flow())) {
                assertThat(waits.on()).isTrue();
                assertThat(waits.settings().unlisted().longestWaitSeconds()).isEqualTo(7);
            }
        }
        var off = of("--config-text", text.formatted("true"), "--feature-gates=flowControl=true,flowControl=false");
        try (var config = load(off);
                var waits =
                        new FlowControlInForce(off.traffic(), config.config().flow())) {
            assertThat(waits.on()).isFalse();
        }
        assertThat(of("--feature-gates", "flowControl=false").traffic().flowControl())
                .isFalse();
        assertThat(of("--feature-gates", "flowControl=false", "--flow-control=true")
                        .traffic()
                        .flowControl())
                .isTrue();
        for (String queue : List.of("auto", "true")) {
            assertThatThrownBy(() -> of("--feature-gates", "flowcontrol", "--flow-control", queue))
                    .hasMessageStartingWith(
                            "feature-gates: flowcontrol; allowed: NAME, NAME=true or NAME=false, of flowControl, ");
        }
    }

    @Test
    void whatIsNotHereIsAWarningOrAnErrorAsAskedFor() {
        String text = "plugins: [{type: queue-scorer}, {type: burst-prefix-cache-producer}]";
        assertThat(of("--config-text", text).warnings())
                .containsExactly("--config-text, line:1: burst-prefix-cache-producer is left out: use"
                        + " prefix-cache-scorer: a prompt counts where it was placed from the moment on that it was");
        assertThatThrownBy(() -> of("--config-text", text, "--unsupported-plugins", "refuse"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("line:1: plugins[1].type: burst-prefix-cache-producer is not here: use"
                        + " prefix-cache-scorer: a prompt counts where it was placed from the moment on that it was");
    }

    @Test
    void itSaysHowEnginesAreReadAndFlagsGoBeforeIt() {
        var told = of("--config-text", GENERATED).engines().access();
        assertThat(told.scheme()).isEqualTo(Scheme.HTTPS_UNVERIFIED);
        assertThat(told.path()).isEqualTo("/metrics");

        var flags = of(
                        "--config-text",
                        GENERATED,
                        "--model-server-metrics-scheme=http",
                        "--model-server-metrics-path=/other",
                        "--model-server-metrics-port=9")
                .engines()
                .access();
        assertThat(flags.scheme()).isEqualTo(Scheme.HTTP);
        assertThat(flags.path()).isEqualTo("/other");
        assertThat(flags.port()).isEqualTo(9);

        var every = of("--config-text", read("every-type.yaml")).engines().access();
        assertThat(every.scheme()).isEqualTo(Scheme.HTTPS);
        assertThat(every.port()).isEqualTo(9100);
        var vllm = Objects.requireNonNull(every.families().get(EngineKind.VLLM));
        assertThat(vllm.sources().waiting()).isEqualTo("own:waiting{queue=main}");
        assertThat(vllm.attributes()).isEqualTo(Map.of("GPUUtilization", "own:gpu"));
    }

    @Test
    void aFileThatChangesChangesWhatDecidesAndABadOneLeavesTheLastInForce() throws Exception {
        var file = Files.writeString(folder.resolve("epp.yaml"), "plugins: [{type: queue-scorer}]");
        var settings = of("--config-file", file.toString());
        try (var config = load(settings)) {
            var router = router(settings, config);
            config.follow(router, _ -> {});
            var first = router.profiles();

            Files.writeString(file, "plugins: [{type: queue-score}]");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Long.valueOf(1).equals(config.shown().get("failedReloads")));
            assertThat(router.profiles()).isSameAs(first);
            assertThat(String.valueOf(config.shown().get("problem")))
                    .startsWith(file + ":1: queue-score: unknown plug-in type, did you mean queue-scorer?");

            Files.writeString(file, """
                plugins: [{type: header-label-affinity-scorer, parameters: {headerName: X-Zone, labelKey: zone}}]
                """);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !router.profiles().equals(first));
            assertThat(router.traffic().headers()).containsExactly("x-zone");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Long.valueOf(1).equals(config.shown().get("reloads")));
            assertThat(config.shown().get("problem")).isEqualTo("");
            assertThat(String.valueOf(config.shown().get("config"))).contains("header-label-affinity-scorer");
        }
    }

    @Test
    void aPathThatIsNoneStopsTheStart() {
        assertThatThrownBy(() -> of("--config-text", "plugins: [{type: metrics-data-source, parameters: {path: own}}]"))
                .hasMessage("metrics-data-source.path: own; allowed: a path such as /metrics");
        assertThatThrownBy(() -> of(
                        "--config-text",
                        "plugins: [{type: core-metrics-extractor, parameters: {engineConfigs: [{name: vllm,"
                                + " kvUsageSpec: 'a b'}]}}]"))
                .hasMessage("core-metrics-extractor.kvUsageSpec: a b; allowed: FAMILY or FAMILY{LABEL=TEXT}");
    }
}
