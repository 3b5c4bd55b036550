package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The overlays of {@code deploy/kustomize}, built by a real kustomize. */
class KustomizeIT {
    private static final List<String> HELMS_OWN = List.of("helm.sh/chart", "app.kubernetes.io/managed-by");

    @BeforeAll
    static void needsKustomize() {
        assumeTrue(DeployTool.KUSTOMIZE.available(), DeployTool.KUSTOMIZE::whyNot);
    }

    private static Installation build(String overlay) throws Exception {
        var output = DeployTool.KUSTOMIZE.run(List.of("deploy/kustomize/overlays/" + overlay));
        assertThat(output.status()).as(output.err()).isZero();
        return new Installation(Manifest.parse(output.out()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kubernetes", "openshift"})
    void holdsAllRulesOfAnInstallation(String overlay) throws Exception {
        new InstallationRules(build(overlay)).holdAll();
    }

    @Test
    void installsOnKubernetesWhatTheChartDoes() throws Exception {
        assertThat(comparable(build("kubernetes"))).isEqualTo(comparable(chart("gateway")));
    }

    @Test
    void installsOnOpenShiftWhatTheChartDoes() throws Exception {
        assertThat(comparable(build("openshift"))).isEqualTo(comparable(chart("openshift")));
    }

    private static Installation chart(String values) throws Exception {
        assumeTrue(DeployTool.HELM.available(), DeployTool.HELM::whyNot);
        var output = DeployTool.helm(List.of(
                "template",
                "kvasir",
                "deploy/helm/kvasir",
                "--namespace",
                "kvasir",
                "--values",
                "deploy/helm/ci/" + values + "-values.yaml"));
        assertThat(output.status()).as(output.err()).isZero();
        return new Installation(Manifest.parse(output.out()));
    }

    /** Objects by name, without helm's own labels, the namespace and the route, which the overlays leave to others. */
    private static Map<String, JsonNode> comparable(Installation installation) {
        var objects = new TreeMap<String, JsonNode>();
        for (Manifest manifest : installation.manifests()) {
            if (!List.of("Namespace", "HTTPRoute").contains(manifest.kind())) {
                objects.put(manifest.toString(), normalised(manifest.json()));
            }
        }
        return objects;
    }

    /** Fields and list items in the order of their texts, as the two tools write them in orders of their own. */
    private static JsonNode normalised(JsonNode node) {
        if (node instanceof ObjectNode object) {
            var sorted = JsonNodeFactory.instance.objectNode();
            object.properties().stream()
                    .filter(field -> !HELMS_OWN.contains(field.getKey()))
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(field -> sorted.set(field.getKey(), normalised(field.getValue())));
            return sorted;
        }
        if (node instanceof ArrayNode array) {
            var sorted = JsonNodeFactory.instance.arrayNode();
            StreamSupport.stream(array.spliterator(), false)
                    .map(KustomizeIT::normalised)
                    .sorted(Comparator.comparing(JsonNode::toString))
                    .forEach(sorted::add);
            return sorted;
        }
        return node.asText().equals("--pool-namespace=$(NAMESPACE)")
                ? TextNode.valueOf("--pool-namespace=kvasir")
                : node;
    }
}
