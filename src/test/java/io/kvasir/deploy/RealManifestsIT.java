package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.cluster.RealCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real API server takes every object that {@code deploy/} renders, with its own validation and no field unknown. */
class RealManifestsIT {
    /** No module carries the definitions of its kinds; {@link CustomTypes} holds us to their rules. */
    private static final String UNDEFINED_GROUP = "networking.gke.io/";

    private static final String UNDEFINED_KIND = "PrometheusRule";

    private static RealCluster cluster;

    @BeforeAll
    static void needsAServer() throws Exception {
        RealCluster.assumePresent();
        assumeTrue(DeployTool.HELM.available(), DeployTool.HELM::whyNot);
        assumeTrue(DeployTool.KUSTOMIZE.available(), DeployTool.KUSTOMIZE::whyNot);
        cluster = RealCluster.shared();
    }

    static Stream<String> values() throws IOException {
        try (var files = Files.list(Path.of("deploy/helm/ci"))) {
            return files
                    .map(file -> file.getFileName().toString().replace("-values.yaml", ""))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static void isTaken(String yaml) throws IOException {
        var manifests = Manifest.parse(yaml);
        for (Manifest manifest : manifests) {
            if (!manifest.namespace().isEmpty()) {
                cluster.namespace(manifest.namespace());
            }
        }
        int taken = 0;
        for (Manifest manifest : manifests) {
            if (!manifest.apiVersion().startsWith(UNDEFINED_GROUP)
                    && !manifest.kind().equals(UNDEFINED_KIND)) {
                var answer = cluster.apply(manifest.json(), true);
                assertThat(answer.at("/metadata/name").asText()).isEqualTo(manifest.name());
                taken++;
            }
        }
        assertThat(taken).isGreaterThan(3);
    }

    @ParameterizedTest
    @MethodSource("values")
    void takesTheChart(String values) throws Exception {
        isTaken(Rendered.chart(values));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kubernetes", "openshift"})
    void takesTheOverlay(String overlay) throws Exception {
        isTaken(Rendered.overlay(overlay));
    }

    /** What shows that the two above could fail. */
    @Test
    void refusesAFieldThatIsNotThere() throws Exception {
        cluster.namespace("inference");
        for (String kind : List.of("Deployment", "InferencePool")) {
            var object = new Installation(Manifest.parse(Rendered.chart("gateway")))
                    .only(kind)
                    .json();
            ((ObjectNode) object.path("spec")).put("replica", 3);
            assertThatThrownBy(() -> cluster.apply(object, true)).hasMessageContaining("replica");
        }
    }
}
