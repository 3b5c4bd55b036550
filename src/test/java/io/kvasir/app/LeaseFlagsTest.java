package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.leader.LeaseSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaseFlagsTest {
    private static @Nullable LeaseSettings of(Map<String, String> environment, String... args) {
        return ServeFlags.of(environment, args).lease();
    }

    private static LeaseSettings elected(Map<String, String> environment, String... args) {
        var all = new ArrayList<>(List.of(args));
        all.add("--ha-enable-leader-election");
        return Objects.requireNonNull(of(environment, all.toArray(String[]::new)));
    }

    @Test
    void leaderElectionIsOffUnlessToldOtherwise() {
        assertThat(of(Map.of())).isNull();
        assertThat(of(Map.of(), "--pool-name=a", "--ha-enable-leader-election=false"))
                .isNull();
    }

    @Test
    void theLeaseIsNamedAfterThePoolAndHeldByThePod() {
        assertThat(elected(Map.of("POD_NAME", "epp-1"), "--pool-name=llama", "--pool-namespace=inference"))
                .isEqualTo(LeaseSettings.of("inference", "kvasir-inference-llama", "epp-1"));
    }

    @Test
    void withoutAPodsNameTheHolderIsStillSomebody() {
        assertThat(elected(Map.of(), "--pool-name=llama").identity()).isNotEmpty();
    }

    @Test
    void replicasWithOneSelectorCompeteAndOthersDoNot() {
        var one = selected("app=vllm,tier=gold", "8000");
        assertThat(selected("tier=gold,app=vllm", "8000")).isEqualTo(one);
        assertThat(selected("app=vllm", "8000")).isNotEqualTo(one);
        assertThat(selected("app=vllm,tier=gold", "8001")).isNotEqualTo(one);
        assertThat(one).matches("kvasir-default-selector-[0-9a-f]{8}");
    }

    /** While releases are exchanged, replicas of both compete. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "app=vllm|8000|7411ff11",
                "app.kubernetes.io/name=x,app=vllm|8000|f10eed45",
                "llm-d.ai/role==decode, app=vllm, app-x=|8000,8001|df8fcc95",
            })
    void theLeaseOfASelectorIsNamedAsEarlierReleasesNameIt(String labels, String ports, String hash) {
        assertThat(selected(labels, ports)).isEqualTo("kvasir-default-selector-" + hash);
    }

    private static String selected(String labels, String ports) {
        return elected(Map.of(), "--endpoint-selector=" + labels, "--endpoint-target-ports=" + ports)
                .name();
    }

    @Test
    void aNameThatIsTooLongIsCutAndStaysItsOwn() {
        String longest = "a".repeat(63) + ".b".repeat(95);
        String one = elected(Map.of(), "--pool-name=" + longest).name();
        String other = elected(Map.of(), "--pool-name=" + longest.replaceAll("b$", "c"))
                .name();
        assertThat(one).hasSize(253).isNotEqualTo(other);
    }

    @Test
    void withoutAClusterThereIsNothingToHold() {
        assertThatThrownBy(() -> of(Map.of(), "--ha-enable-leader-election"))
                .hasMessage("ha-enable-leader-election: true without a cluster; allowed with pool-name or"
                        + " endpoint-selector");
    }
}
