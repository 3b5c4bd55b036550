package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolSourceTest {
    private static final Map<String, String> CLUSTER = Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1");

    private static ServeSettings of(Map<String, String> environment, String args) {
        return ServeSettings.of(List.of(args.split(" ")), environment);
    }

    @Test
    void aNamedPoolIsInTheNamespaceGivenElseInThatOfTheVariableElseInDefault() {
        assertThat(of(CLUSTER, "--pool-name llama --pool-namespace prod").source())
                .isEqualTo(new PoolSource.Named("llama", "prod", "inference.networking.k8s.io"));
        assertThat(of(Map.of("NAMESPACE", "team"), "--pool-name llama").source())
                .isEqualTo(new PoolSource.Named("llama", "team", "inference.networking.k8s.io"));
        assertThat(of(CLUSTER, "--pool-name llama --pool-group inference.networking.x-k8s.io")
                        .source())
                .isEqualTo(new PoolSource.Named("llama", "default", "inference.networking.x-k8s.io"));
    }

    @Test
    void podsAreSelectedByLabelsAndPorts() {
        var settings = of(
                CLUSTER, "--endpoint-selector app=vllm,llm-d.ai/role==decode --endpoint-target-ports 8000,8001,8000");

        assertThat(settings.source())
                .isEqualTo(new PoolSource.Selected("app=vllm,llm-d.ai/role=decode", "default", List.of(8000, 8001)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=b|a=b",
                "a == b , c=|a=b,c=",
                "env in (prod, staging),tier!=front|env in (prod,staging),tier!=front",
                "env notin (test),gpu|env notin (test),gpu",
                "gpu, !old|gpu,!old",
                "app.kubernetes.io/name=x,app!=c,app!=b|app!=b,app!=c,app.kubernetes.io/name=x",
                "! old,x in (a,,b)|!old,x in (,a,b)",
                "inner=1,in=2,notin|in=2,inner=1,notin",
            })
    void podsAreSelectedByEveryKindOfRequirement(String written, String selector) {
        var settings =
                ServeSettings.of(List.of("--endpoint-selector", written, "--endpoint-target-ports", "8000"), CLUSTER);

        assertThat(settings.source()).isEqualTo(new PoolSource.Selected(selector, "default", List.of(8000)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=b,",
                ",a=b",
                "a=b c=d",
                "a in",
                "a in b",
                "a in (b",
                "a in (b c)",
                "a in ((b))",
                "a => b",
                "a>1",
                "!",
                "!a=b",
                "a=b,a==c",
                "=b",
                "_a=b",
                "a=b-",
                "a=b)(",
                " "
            })
    void aSelectorThatIsNoneIsRefused(String written) {
        assertThatThrownBy(() -> ServeSettings.of(
                        List.of("--endpoint-selector", written, "--endpoint-target-ports", "8000"), CLUSTER))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("endpoint-selector: ");
    }

    @Test
    void onlyThePickerIsOpenWherePodsAreNamedUnlessToldOtherwise() {
        assertThat(of(CLUSTER, "--pool-name llama").mode()).isEqualTo(Mode.EXT_PROC);
        assertThat(of(CLUSTER, "--endpoint-selector app=vllm --endpoint-target-ports 8000")
                        .mode())
                .isEqualTo(Mode.EXT_PROC);
        assertThat(of(CLUSTER, "--pool-name llama --mode both").mode()).isEqualTo(Mode.BOTH);
        assertThat(of(CLUSTER, "--endpoints pool.yaml").mode()).isEqualTo(Mode.BOTH);
    }

    @Test
    void portsWithoutASelectorAreWarnedOf() {
        assertThat(of(CLUSTER, "--pool-name llama --endpoint-target-ports 8000").warnings())
                .containsExactly("--endpoint-target-ports has no effect without --endpoint-selector");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--pool-name a --endpoint-selector b=c|pool-name: a together with endpoint-selector; allowed: one of"
                        + " pool-name, endpoint-selector, endpoints",
                "--endpoints a.yaml --pool-name b|pool-name: b together with endpoints; allowed: one of pool-name,"
                        + " endpoint-selector, endpoints",
                "--pool-name My_Pool|pool-name: My_Pool; allowed: the name of an InferencePool",
                "--pool-name a --pool-namespace b.c|pool-namespace: b.c; allowed: the name of a namespace",
                "--pool-name a --pool-group apps|pool-group: apps; allowed: inference.networking.k8s.io or"
                        + " inference.networking.x-k8s.io",
                "--endpoint-selector a=b|endpoint-target-ports: not set; allowed with endpoint-selector: 1 to 8 ports",
                "--endpoint-selector a=b --endpoint-target-ports 1,2,3,4,5,6,7,8,9|endpoint-target-ports: 1,2,3,4,5,6,7,8,9;"
                        + " allowed: 1 to 8 ports from 1 to 65535",
                "--endpoint-selector a=b --endpoint-target-ports 0|endpoint-target-ports: 0; allowed: 1 to 8 ports from 1 to"
                        + " 65535",
                "--v 1|pool-name: not set; in a cluster name the replicas with one of --pool-name, --endpoint-selector,"
                        + " --endpoints (the demo pool is for laptops)"
            })
    void whatCannotBeIsToldInOneLine(String args, String message) {
        assertThatThrownBy(() -> of(CLUSTER, args))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }
}
