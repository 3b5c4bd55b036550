package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What holds for every way to install Kvasir in a cluster. */
final class InstallationRules {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
    private static final Pattern LABEL_VALUE = Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?");
    private static final Set<String> CLUSTER_WIDE = Set.of("ClusterRole", "ClusterRoleBinding", "Namespace");

    private final Installation installation;

    InstallationRules(Installation installation) {
        this.installation = installation;
    }

    void holdAll() throws JsonProcessingException {
        objectsFitTheirTypes();
        namesAndLabelsAreValid();
        podIsRestricted();
        flagsAreKnown();
        portsAgree();
        probesAskWhatIsThere();
        selectorsMatch();
        referencesLeadSomewhere();
        thereIsTimeToDrain();
    }

    private void objectsFitTheirTypes() {
        assertThat(installation.manifests()).isNotEmpty();
        for (Manifest manifest : installation.manifests()) {
            assertThatCode(() -> KubernetesTypes.read(manifest))
                    .as("%s", manifest)
                    .doesNotThrowAnyException();
        }
    }

    private void namesAndLabelsAreValid() throws JsonProcessingException {
        for (Manifest manifest : installation.manifests()) {
            boolean clusterWide = CLUSTER_WIDE.contains(manifest.kind());
            assertThat(manifest.name()).as("%s", manifest).matches(NAME);
            assertThat(manifest.name().length()).as("%s", manifest).isLessThanOrEqualTo(clusterWide ? 253 : 63);
            assertThat(manifest.namespace().isEmpty()).as("%s", manifest).isEqualTo(clusterWide);
            labels(manifest.labels(), manifest.toString());
        }
        labels(installation.podLabels(), "pod");
        assertThat(installation.manifests().stream().map(Manifest::toString).toList())
                .doesNotHaveDuplicates();
    }

    private static void labels(Map<String, String> labels, String of) {
        labels.forEach((key, value) -> {
            assertThat(value).as("%s %s", of, key).matches(LABEL_VALUE);
            assertThat(value.length()).as("%s %s", of, key).isLessThanOrEqualTo(63);
        });
    }

    private void podIsRestricted() throws JsonProcessingException {
        assertThat(RestrictedPods.violations(installation.pod())).isEmpty();
        assertThat(installation.podLabels()).containsEntry("sidecar.istio.io/inject", "false");
        assertThat(installation.kvasir().getVolumeMounts())
                .anyMatch(mount -> mount.getMountPath().equals("/tmp"));
        for (var container : installation.pod().getContainers()) {
            assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
            assertThat(container.getResources().getLimits()).containsKeys("memory");
        }
    }

    private void flagsAreKnown() throws JsonProcessingException {
        assertThat(installation.flags().useless()).isEmpty();
    }

    private void portsAgree() throws JsonProcessingException {
        var flags = installation.flags();
        var container = installation.containerPorts();
        agree(flags.given("metrics-port"), container.get("metrics"));
        boolean alone = "127.0.0.1".equals(flags.given("grpc-host"));
        agree(alone ? null : flags.given("grpc-port"), container.get("grpc"));
        agree(flags.given("grpc-health-port"), container.get("grpc-health"));
        if (flags.given("http-port") != null) {
            agree(flags.given("http-port"), container.get("http"));
        }
        for (ServicePort port : installation.service().getSpec().getPorts()) {
            assertThat(container)
                    .as("port %s", port.getName())
                    .containsKey(port.getTargetPort().getStrVal());
        }
        assertThat(servicePorts()).containsEntry("http-metrics", 9090);
        boolean picks = !"proxy".equals(flags.given("mode"));
        assertThat(servicePorts().containsKey("grpc-ext-proc")).isEqualTo(picks && !alone);
        assertThat(container.containsKey("grpc")).isEqualTo(picks && !alone);
        // plaintext is spoken to nobody outside the pod
        assertThat("false".equals(flags.given("secure-serving"))).isEqualTo(alone);
        installation.all("InferencePool").forEach(pool -> {
            assertThat(pool.at("/spec/endpointPickerRef/name").asText())
                    .isEqualTo(installation.only("Service").name());
            assertThat(pool.at("/spec/endpointPickerRef/port/number").asInt())
                    .isEqualTo(servicePorts().get("grpc-ext-proc"));
            assertThat(flags.given("pool-name")).isEqualTo(pool.name());
            assertThat(flags.given("pool-namespace")).isEqualTo(pool.namespace());
        });
    }

    private static void agree(@Nullable String flag, @Nullable Integer port) {
        assertThat(flag).isEqualTo(port == null ? null : port.toString());
    }

    private Map<String, Integer> servicePorts() {
        var ports = new TreeMap<String, Integer>();
        for (JsonNode port : installation.only("Service").at("/spec/ports")) {
            ports.put(port.path("name").asText(), port.path("port").asInt());
        }
        return ports;
    }

    private void probesAskWhatIsThere() throws JsonProcessingException {
        var kvasir = installation.kvasir();
        probe(kvasir.getStartupProbe(), "liveness", "/q/health/live");
        probe(kvasir.getLivenessProbe(), "liveness", "/q/health/live");
        probe(kvasir.getReadinessProbe(), "readiness", "/q/health/ready");
    }

    private void probe(Probe probe, String service, String path) throws JsonProcessingException {
        var ports = installation.containerPorts();
        if (ports.containsKey("grpc-health")) {
            assertThat(probe.getGrpc().getService()).isEqualTo(service);
            assertThat(probe.getGrpc().getPort()).isEqualTo(ports.get("grpc-health"));
        } else {
            assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
            assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("metrics");
        }
    }

    private void selectorsMatch() throws JsonProcessingException {
        var pod = installation.podLabels();
        var deployment = installation.only("Deployment");
        assertThat(pod).containsAllEntriesOf(deployment.texts("/spec/selector/matchLabels"));
        assertThat(deployment.texts("/spec/selector/matchLabels")).isNotEmpty();
        assertThat(pod).containsAllEntriesOf(installation.only("Service").texts("/spec/selector"));
        installation
                .all("PodDisruptionBudget")
                .forEach(budget -> assertThat(pod).containsAllEntriesOf(budget.texts("/spec/selector/matchLabels")));
        installation.all("NetworkPolicy").forEach(policy -> {
            assertThat(pod).containsAllEntriesOf(policy.texts("/spec/podSelector/matchLabels"));
            policy.json()
                    .findValuesAsText("port")
                    .forEach(port -> assertThat(ports()).containsKey(port));
        });
        installation.all("ServiceMonitor").forEach(monitor -> {
            assertThat(installation.only("Service").labels())
                    .containsAllEntriesOf(monitor.texts("/spec/selector/matchLabels"));
            assertThat(servicePorts())
                    .containsKey(monitor.at("/spec/endpoints/0/port").asText());
        });
        installation.all("DestinationRule").forEach(rule -> {
            String host = rule.at("/spec/host").asText();
            assertThat(host).startsWith(installation.only("Service").name() + "." + rule.namespace() + ".svc.");
            var tls = rule.at("/spec/trafficPolicy/tls");
            assertThat(tls.path("sni").asText())
                    .as("a name that every TLS server takes")
                    .isEqualTo(tls.path("mode").asText().equals("SIMPLE") ? host : "");
            var outliers = rule.at("/spec/trafficPolicy/outlierDetection");
            assertThat(outliers.path("consecutiveGatewayErrors").asInt())
                    .as("a picker that is gone is left at the first failed connection")
                    .isEqualTo(1);
            assertThat(outliers.path("maxEjectionPercent").asInt())
                    .as("FailOpen needs that even the last one can be left")
                    .isEqualTo(100);
        });
    }

    private Map<String, Integer> ports() {
        try {
            return installation.containerPorts();
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private void referencesLeadSomewhere() throws JsonProcessingException {
        assertThat(installation.has("ServiceAccount", installation.pod().getServiceAccountName()))
                .isTrue();
        for (String binding : List.of("RoleBinding", "ClusterRoleBinding")) {
            installation.all(binding).forEach(bound -> {
                assertThat(installation.has(
                                bound.at("/roleRef/kind").asText(),
                                bound.at("/roleRef/name").asText()))
                        .as("role of %s", bound)
                        .isTrue();
                bound.at("/subjects").forEach(subject -> {
                    assertThat(installation.has(
                                    "ServiceAccount", subject.path("name").asText()))
                            .as("subject of %s", bound)
                            .isTrue();
                    assertThat(subject.path("namespace").asText())
                            .isEqualTo(installation.only("Deployment").namespace());
                });
            });
        }
        for (Volume volume : installation.pod().getVolumes()) {
            if (volume.getConfigMap() != null) {
                assertThat(installation.has("ConfigMap", volume.getConfigMap().getName()))
                        .isTrue();
            }
        }
        installation
                .all("Secret")
                .forEach(token -> assertThat(installation.has(
                                "ServiceAccount",
                                token.texts("/metadata/annotations")
                                        .getOrDefault("kubernetes.io/service-account.name", "")))
                        .isTrue());
        installation
                .all("ServiceMonitor")
                .filter(monitor ->
                        !monitor.at("/spec/endpoints/0/authorization").isMissingNode())
                .forEach(monitor -> assertThat(installation.has(
                                "Secret",
                                monitor.at("/spec/endpoints/0/authorization/credentials/name")
                                        .asText()))
                        .isTrue());
    }

    private void thereIsTimeToDrain() throws JsonProcessingException {
        long drain = installation.flags().drainTimeout().toSeconds();
        long grace = installation.pod().getTerminationGracePeriodSeconds();
        for (var container : installation.pod().getContainers()) {
            var hook = container.getLifecycle();
            boolean waits = hook != null && hook.getPreStop().getSleep() != null;
            long wait = waits ? hook.getPreStop().getSleep().getSeconds() : 0;
            // the sidecar waits for the drain instead of draining
            long needed = container.getName().equals("epp") ? wait + drain : wait;
            assertThat(grace).as(container.getName()).isGreaterThan(needed);
        }
    }
}
