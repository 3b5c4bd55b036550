package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The schema check is as strict as an API server that validates fields. */
class KubernetesTypesTest {
    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: a, namespace: b}
            spec:
              replicas: 1
              template:
                spec:
                  containers: [{name: c, env: [{name: X, value: "1"}], livenessProbe: {grpc: {port: 9003, service: x}}}]
            """;
    private static final String POOL = """
            apiVersion: inference.networking.k8s.io/v1
            kind: InferencePool
            metadata: {name: a, namespace: b}
            spec:
              selector: {matchLabels: {app: vllm}}
              targetPorts: [{number: 8000}]
              endpointPickerRef: {name: a, port: {number: 9002}, failureMode: FailOpen}
            """;

    private static Object read(String yaml) throws IOException {
        return KubernetesTypes.read(Manifest.parse(yaml).getFirst());
    }

    @Test
    void takesWhatIsRight() throws IOException {
        assertThat(read(DEPLOYMENT)).isNotNull();
        assertThat(read(POOL)).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "replicas: 1, replica: 1",
        "replicas: 1, replicas: one",
        "replicas: 1, 'replicas: \"1\"'",
        "'value: \"1\"', value: 1",
        "grpc: {port: 9003, grpc: {prt: 9003",
        "name: c, nam: c",
        "'metadata: {', 'metadata: {labels: {on: true}, '"
    })
    void refusesWhatAnApiServerWould(String right, String wrong) {
        assertThat(DEPLOYMENT).contains(right);
        assertThatThrownBy(() -> read(DEPLOYMENT.replace(right, wrong))).isInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "number: 8000, number: 80000",
        "number: 8000, nummer: 8000",
        "FailOpen, FailClosed",
        "'{app: vllm}', '{}'",
        "'{name: a, port: {number: 9002}, failureMode: FailOpen}', '{name: a}'",
        "'[{number: 8000}]', '[{number: 8000}, {number: 8000}]'"
    })
    void refusesWhatThePoolsDefinitionWould(String right, String wrong) {
        assertThat(POOL).contains(right);
        assertThatThrownBy(() -> read(POOL.replace(right, wrong))).isInstanceOf(JsonProcessingException.class);
    }

    @Test
    void refusesAKeyThatIsThereTwiceAndAKindThatNobodyKnows() {
        assertThatThrownBy(() -> read(DEPLOYMENT + "spec: {}\n")).isInstanceOf(JsonProcessingException.class);
        assertThatThrownBy(() -> read(DEPLOYMENT.replace("kind: Deployment", "kind: Deploymant")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Deploymant");
    }
}
