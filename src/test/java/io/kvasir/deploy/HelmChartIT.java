package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart, rendered by a real helm for every file of {@code deploy/helm/ci}. */
class HelmChartIT {
    private static final String CHART = "deploy/helm/kvasir";

    @BeforeAll
    static void needsHelm() {
        assumeTrue(DeployTool.HELM.available(), DeployTool.HELM::whyNot);
    }

    static Stream<Path> valuesFiles() throws IOException {
        try (var files = Files.list(Path.of("deploy/helm/ci"))) {
            return files.sorted().toList().stream();
        }
    }

    private static Installation render(String release, String namespace, String... more) throws Exception {
        var args = new ArrayList<>(List.of("template", release, CHART, "--namespace", namespace));
        args.addAll(List.of(more));
        var output = DeployTool.helm(args);
        assertThat(output.status()).as(output.err()).isZero();
        return new Installation(Manifest.parse(output.out()));
    }

    private static Installation render(Path values) throws Exception {
        return render("chat", "inference", "--values", values.toString());
    }

    @ParameterizedTest
    @MethodSource("valuesFiles")
    void holdsAllRulesOfAnInstallation(Path values) throws Exception {
        new InstallationRules(render(values)).holdAll();
    }

    @ParameterizedTest
    @MethodSource("valuesFiles")
    void passesLint(Path values) throws Exception {
        var output = DeployTool.helm(List.of("lint", "--strict", CHART, "--values", values.toString()));
        assertThat(output.status()).as(output.out() + output.err()).isZero();
    }

    /** The table of the peers' contract, verb by verb. */
    @ParameterizedTest
    @MethodSource("valuesFiles")
    void allowsExactlyWhatTheContractSays(Path file) throws Exception {
        JsonNode router = Manifest.read(file).path("router");
        var installation = render(file);
        boolean pool = installation.flags().given("pool-name") != null;
        boolean elects = "true".equals(installation.flags().given("ha-enable-leader-election"));
        boolean objectives = router.at("/rbac/objectives").asBoolean(true);
        boolean nodes = router.at("/rbac/nodes").asBoolean(false);
        boolean auth = router.at("/monitoring/prometheus/auth/enabled").asBoolean(true);

        var role = new TreeSet<>(Set.of("/pods: list watch"));
        if (pool) {
            role.add("inference.networking.k8s.io/inferencepools: list watch");
        }
        if (pool && objectives) {
            for (String group : List.of("inference.networking.x-k8s.io", "llm-d.ai")) {
                role.add(group + "/inferenceobjectives: list watch");
                role.add(group + "/inferencemodelrewrites: list watch");
            }
        }
        if (elects) {
            role.add("coordination.k8s.io/leases: create get update");
        }
        assertThat(Installation.rules(installation.only("Role"))).isEqualTo(role);

        var clusterWide = new TreeSet<String>();
        if (auth) {
            clusterWide.add("authentication.k8s.io/tokenreviews: create");
            clusterWide.add("authorization.k8s.io/subjectaccessreviews: create");
            clusterWide.add("/metrics: get");
        }
        if (nodes) {
            clusterWide.add("/nodes: list watch");
        }
        var given = new TreeSet<String>();
        installation.all("ClusterRole").map(Installation::rules).forEach(given::addAll);
        assertThat(given).isEqualTo(clusterWide);
        assertThat(installation.flags().given("metrics-endpoint-auth")).isEqualTo(Boolean.toString(auth));
    }

    /** With everything switched on, the chart grants the whole table of docs/drop-in.md. */
    @Test
    void allowsInAllWhatTheDocumentsSay() throws Exception {
        var told = new TreeSet<String>();
        for (String line : Files.readAllLines(Path.of("docs/drop-in.md"))) {
            var cells = Stream.of(line.split("\\|", -1)).map(String::strip).toList();
            if (line.startsWith("| Role |") || line.startsWith("| ClusterRole")) {
                String verbs =
                        String.join(" ", new TreeSet<>(List.of(cells.get(4).split(", ", -1))));
                String group = cells.get(2);
                if (group.startsWith("path ")) {
                    told.add(group.replace("path ", "").replace("`", "") + ": " + verbs);
                } else {
                    for (String resource : cells.get(3).split(", ", -1)) {
                        told.add(group + "/" + resource + ": " + verbs);
                    }
                }
            }
        }
        var all = render(
                "chat",
                "inference",
                "--set",
                "router.modelServers.matchLabels.app=vllm,router.rbac.nodes=true,"
                        + "router.epp.flags.ha-enable-leader-election=true");
        var granted = new TreeSet<String>();
        Stream.concat(all.all("Role"), all.all("ClusterRole"))
                .map(Installation::rules)
                .forEach(granted::addAll);
        assertThat(granted).isEqualTo(told);
    }

    /** The picker may ask for reviews, and only the scraper may read metrics by that role. */
    @ParameterizedTest
    @MethodSource("valuesFiles")
    void bindsEachRoleToWhoNeedsIt(Path file) throws Exception {
        var installation = render(file);
        String picker = installation.pod().getServiceAccountName();
        installation.all("ClusterRoleBinding").forEach(binding -> {
            boolean reads = binding.at("/roleRef/name").asText().endsWith("-metrics-reader");
            assertThat(binding.at("/subjects/0/name").asText()).isEqualTo(reads ? picker + "-metrics-reader" : picker);
        });
    }

    @Test
    void replacesOneByOneWhereAllAreActiveAndAtOnceWhereOneLeads() throws Exception {
        var active = render(Path.of("deploy/helm/ci/active-active-values.yaml"));
        assertThat(active.deployment().getSpec().getStrategy().getType()).isEqualTo("RollingUpdate");
        assertThat(active.all("PodDisruptionBudget")).hasSize(1);
        assertThat(active.pod().getTopologySpreadConstraints()).hasSize(1);

        var led = render(Path.of("deploy/helm/ci/leader-election-values.yaml"));
        assertThat(led.deployment().getSpec().getStrategy().getType()).isEqualTo("Recreate");
        assertThat(led.all("PodDisruptionBudget")).isEmpty();
    }

    @Test
    void needsNoCustomResourcesWithoutAGateway() throws Exception {
        for (String file : List.of("standalone-envoy", "standalone-proxy", "standalone-picker")) {
            var installation = render(Path.of("deploy/helm/ci/" + file + "-values.yaml"));
            assertThat(installation.manifests())
                    .as(file)
                    .allMatch(manifest -> !manifest.apiVersion().contains("inference")
                            && !manifest.apiVersion().contains("gateway"));
            assertThat(installation.flags().given("endpoint-selector")).startsWith("app=vllm-llama");
        }
    }

    @Test
    void fitsTheLongestNames() throws Exception {
        var installation = render(
                "r".repeat(53),
                "n".repeat(63),
                "--set",
                "router.modelServers.matchLabels.app=vllm,router.monitoring.dashboards.enabled=true,router.monitoring.alerts.enabled=true");
        new InstallationRules(installation).holdAll();
    }

    @Test
    void waitsByAProgramWhereKubernetesCannot() throws Exception {
        var old = render(
                "chat",
                "inference",
                "--kube-version",
                "1.29.0",
                "--values",
                "deploy/helm/ci/standalone-envoy-values.yaml");
        assertThat(old.kvasir().getLifecycle().getPreStop().getExec().getCommand())
                .containsExactly("sleep", "5");
        new InstallationRules(old).holdAll();
    }

    @Test
    void countsTheDrainInAllItsParts() throws Exception {
        var installation = render(
                "chat",
                "inference",
                "--values",
                "deploy/helm/ci/standalone-envoy-values.yaml",
                "--set",
                "router.epp.flags.drain-timeout=1m30s");
        new InstallationRules(installation).holdAll();
        assertThat(installation.only("Deployment").json().findValuesAsText("seconds"))
                .containsExactly("5", "95");
    }

    @Test
    void asksByTlsWhereTheManagementPortHasIt() throws Exception {
        var proxy = render(
                "chat",
                "inference",
                "--values",
                "deploy/helm/ci/standalone-proxy-values.yaml",
                "--set",
                "router.epp.flags.metrics-cert-dir=/certs,router.monitoring.prometheus.enabled=true");
        assertThat(proxy.kvasir().getReadinessProbe().getHttpGet().getScheme()).isEqualTo("HTTPS");
        assertThat(proxy.only("ServiceMonitor").at("/spec/endpoints/0/scheme").asText())
                .isEqualTo("https");
        KubernetesTypes.read(proxy.only("ServiceMonitor"));
    }

    @Test
    void writesNumbersOfFlagsInFull() throws Exception {
        var installation = render(
                "chat",
                "inference",
                "--set",
                "router.modelServers.matchLabels.app=vllm,router.epp.flags.time-scale=10000000");
        assertThat(installation.kvasir().getArgs()).contains("--time-scale=10000000");
    }

    /** In plaintext the picker speaks to the Envoy in its pod, and to nobody else. */
    @Test
    void aPickerInPlaintextListensInsideItsPodOnly() throws Exception {
        var beside = render(Path.of("deploy/helm/ci/standalone-envoy-values.yaml"));
        assertThat(beside.kvasir().getArgs()).contains("--secure-serving=false", "--grpc-host=127.0.0.1");
        assertThat(beside.containerPorts()).doesNotContainKey("grpc");
        assertThat(beside.service().getSpec().getPorts())
                .extracting(port -> port.getName())
                .containsExactly("http", "http-metrics");

        var alone = render(Path.of("deploy/helm/ci/standalone-picker-values.yaml"));
        assertThat(alone.kvasir().getArgs())
                .noneMatch(arg -> arg.startsWith("--grpc-host") || arg.startsWith("--secure"));
        assertThat(alone.containerPorts()).containsEntry("grpc", 9002);
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void theNotesSayWhatIsLostWhereNodesAreNotRead(String nodes, boolean told) throws Exception {
        var output = DeployTool.HELM.run(List.of(
                "install",
                "chat",
                CHART,
                "--namespace",
                "inference",
                "--dry-run=client",
                "--set",
                "router.modelServers.matchLabels.app=vllm,router.rbac.nodes=" + nodes));
        assumeTrue(output.status() == 0, () -> "this helm renders no notes without a cluster: " + output.err());
        String notes = output.out().substring(output.out().indexOf("NOTES:"));
        assertThat(notes.contains("Nodes are not read (router.rbac.nodes=false)"))
                .isEqualTo(told);
        assertThat(notes.contains("--set router.rbac.nodes=true")).isEqualTo(told);
        assertThat(notes).doesNotContain("\n\n\n");
    }

    @Test
    void carriesThePublishedEnvoyConfiguration(@TempDir Path folder) throws Exception {
        assertThat(Path.of(CHART, "files/envoy.yaml"))
                .hasSameTextualContentAs(Path.of("deploy/envoy/original-dst.yaml"));
        var installation = render(Path.of("deploy/helm/ci/standalone-envoy-values.yaml"));
        String config = installation.only("ConfigMap").at("/data/envoy.yaml").asText();
        assertThat(config)
                .contains("port_value: " + installation.containerPorts().get("http"))
                .contains("chat-epp.inference.svc.cluster.local")
                .doesNotContain("port_value: 10000");
        assertThat(installation.flags().given("secure-serving")).isEqualTo("false");

        var named = System.getenv("KVASIR_ENVOY");
        var envoy = Path.of(named == null || named.isEmpty() ? "target/envoy/envoy" : named);
        assumeTrue(Files.isExecutable(envoy), "no Envoy to read the configuration with");
        var file = Files.writeString(folder.resolve("envoy.yaml"), config);
        var arguments = installation.pod().getContainers().stream()
                .filter(container -> container.getName().equals("envoy"))
                .findFirst()
                .orElseThrow()
                .getArgs();
        var command = new ArrayList<>(List.of(envoy.toAbsolutePath().toString(), "--mode", "validate"));
        arguments.stream()
                .map(argument -> argument.replace("/etc/envoy/envoy.yaml", file.toString()))
                .forEach(command::add);
        var output = DeployTool.run(new ProcessBuilder(command));
        assertThat(output.status()).as(output.err()).isZero();
    }

    @ParameterizedTest
    @MethodSource("valuesFiles")
    void bringsDashboardsAndAlertsToWhoAsksForThem(Path file) throws Exception {
        var monitoring = Manifest.read(file).at("/router/monitoring");
        var installation = render(file);
        var dashboards = installation
                .all("ConfigMap")
                .filter(map -> map.labels().containsKey("grafana_dashboard"))
                .toList();
        var rules = installation.all("PrometheusRule").toList();
        assertThat(rules).hasSize(monitoring.at("/alerts/enabled").asBoolean() ? 1 : 0);
        if (!monitoring.at("/dashboards/enabled").asBoolean()) {
            assertThat(dashboards).isEmpty();
            return;
        }
        var rendered = new TreeMap<String, JsonNode>();
        for (var map : dashboards) {
            assertThat(map.texts("/metadata/annotations")).containsEntry("grafana_folder", "Kvasir");
            for (var entry : map.texts("/data").entrySet()) {
                rendered.put(entry.getKey(), new ObjectMapper().readTree(entry.getValue()));
            }
        }
        var published = new TreeMap<String, JsonNode>();
        try (var files = Files.list(Path.of("deploy/grafana"))) {
            for (Path dashboard : files.toList()) {
                published.put("kvasir-" + dashboard.getFileName(), new ObjectMapper().readTree(dashboard.toFile()));
            }
        }
        assertThat(rendered).isEqualTo(published).hasSizeGreaterThanOrEqualTo(5);
        assertThat(rules.getFirst().at("/spec")).isEqualTo(Manifest.read(Path.of("deploy/alerts/kvasir.rules.yaml")));
        assertThat(rules.getFirst().labels()).containsEntry("release", "prometheus");
    }

    @Test
    void labelsOfDashboardsAreWhatTheSidecarLooksFor() throws Exception {
        var installation = render(
                "chat",
                "inference",
                "--set",
                "router.modelServers.matchLabels.app=vllm,router.monitoring.dashboards.enabled=true",
                "--set-string",
                "router.monitoring.dashboards.labels.grafana_dashboard=kvasir");
        assertThat(installation
                        .all("ConfigMap")
                        .filter(map -> "kvasir".equals(map.labels().get("grafana_dashboard"))))
                .hasSize(5);
        new InstallationRules(installation).holdAll();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mode=sidecar | mode
            router.epp.replica=2 | replica
            router.modelServers.matchLabels=null | router.modelServers.matchLabels: not set
            router.modelServers.targetPorts[0].number=70000 | targetPorts
            router.inferencePool.failureMode=FailClosed | FailOpen
            inferenceExtension.replicas=2 | inferenceExtension: the older charts' key; use router.epp
            router.modelServers.type=sglang | router.modelServers.type: bad value "sglang"; allowed: vllm
            router.tracing.enabled=true | router.tracing.enabled: there is no such part
            router.epp.flags.grpc-port=9 | router.epp.flags.grpc-port: set by the chart; use router.epp.extProcPort
            router.epp.flags.drain-timeout=125s | router.epp.terminationGracePeriodSeconds: bad value 130; allowed: more than 130
            router.epp.flags.drain-timeout=soon | router.epp.flags.drain-timeout: bad value "soon"
            router.epp.resources.requests=null | requests
            mode=standalone,httpRoute.create=true | httpRoute.create: only in mode gateway
            mode=standalone,router.inferenceObjectives[0].name=a | router.inferenceObjectives: they belong to an InferencePool
            mode=standalone,router.proxy.proxyType=kvasir,router.inferencePool.create=true | router.inferencePool.create
            mode=standalone,router.proxy.proxyType=kvasir,router.epp.flags.ha-enable-leader-election=true | ha-enable-leader-election
            mode=standalone,router.epp.flags.secure-serving=true | router.epp.flags.secure-serving: set by the chart
            mode=standalone,router.epp.flags.grpc-host=0.0.0.0 | router.epp.flags.grpc-host: set by the chart
            """)
    void refusesWhatCannotWorkAndNamesTheKey(String values, String said) throws Exception {
        var output = DeployTool.helm(List.of(
                "template", "chat", CHART, "--set", "router.modelServers.matchLabels.app=vllm", "--set", values));
        assertThat(output.status()).isNotZero();
        assertThat(output.err()).contains(said);
    }

    static List<String> documentedInstallations() throws IOException {
        String text = Files.readString(Path.of("docs/install.md")).replaceAll("\\\\\n\\s*", " ");
        return text.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("helm install "))
                .toList();
    }

    /** The commands of docs/install.md, rendered instead of installed. */
    @ParameterizedTest
    @MethodSource("documentedInstallations")
    void whatTheDocumentsTellToTypeInstalls(String command) throws Exception {
        var words = Stream.of(command.split(" +", -1))
                .map(word -> word.replace("'", ""))
                .filter(word -> !word.equals("--create-namespace"))
                .toList();
        var args = new ArrayList<>(words.subList(1, words.size()));
        args.set(0, "template");
        var output = DeployTool.helm(args);
        assertThat(output.status()).as(output.err()).isZero();
        new InstallationRules(new Installation(Manifest.parse(output.out()))).holdAll();
    }

    @Test
    void everyObjectIsOfTheRelease() throws Exception {
        var installation = render(Path.of("deploy/helm/ci/openshift-values.yaml"));
        assertThat(installation.manifests())
                .allSatisfy(manifest -> assertThat(manifest.labels())
                        .containsEntry("app.kubernetes.io/instance", "chat")
                        .containsEntry("app.kubernetes.io/managed-by", "Helm"));
        istioRuleTellsOfTls(installation);
    }

    private static void istioRuleTellsOfTls(Installation installation) throws JsonProcessingException {
        var rule = installation.only("DestinationRule");
        assertThat(rule.at("/spec/trafficPolicy/tls/mode").asText()).isEqualTo("SIMPLE");
        assertThat(installation.kvasir().getArgs()).contains("--cert-path=/certs");
    }
}
