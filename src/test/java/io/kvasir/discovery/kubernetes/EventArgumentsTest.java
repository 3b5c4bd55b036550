package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.kvasir.discovery.hardware.HardwareIdentity;
import io.kvasir.discovery.hardware.Sharing;
import io.kvasir.pool.EndpointSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where the KV events of pods are found to be had. */
class EventArgumentsTest {
    private static final String CONFIG =
            "{\"enable_kv_cache_events\":true,\"publisher\":\"zmq\",\"endpoint\":\"tcp://*:5557\","
                    + "\"replay_endpoint\":\"tcp://*:5558\",\"topic\":\"kv@a@m\"}";

    private static final HardwareIdentity NOTHING =
            new HardwareIdentity(null, null, null, 1, 1, Sharing.NONE, HardwareIdentity.Source.NONE, Set.of());

    private static @Nullable String of(String... arguments) {
        return EventArguments.of(
                new ContainerBuilder().withName("engine").withArgs(arguments).build());
    }

    @Test
    void theConfigurationOfAPublisherThatListensIsFoundHoweverItIsGiven() {
        String address = "tcp://*:5557?topic=kv@a@m&replay=5558";
        assertThat(of("--model", "m", "--kv-events-config", CONFIG)).isEqualTo(address);
        assertThat(of("--kv-events-config=" + CONFIG)).isEqualTo(address);
        assertThat(of("vllm serve m --kv-events-config '" + CONFIG + "' --port 8000"))
                .isEqualTo(address);
        assertThat(of("vllm serve m --kv-events-config \"" + CONFIG.replace("\"", "\\\"") + "\""))
                .isEqualTo(address);
        assertThat(of("--kv-events-config", CONFIG, "--data-parallel-size", "4"))
                .isEqualTo(address + "&ranks=4");
        assertThat(of("--kv-events-config", "{\"publisher\": \"zmq\"}")).isEqualTo("tcp://*:5557?topic=");
    }

    @Test
    void whatDialsOrPublishesNothingIsNotDialled() {
        assertThat(of("--kv-events-config", CONFIG.replace("tcp://*:5557", "tcp://kvasir:5557")))
                .isNull();
        assertThat(of("--kv-events-config", CONFIG.replace("true", "false"))).isNull();
        assertThat(of("--kv-events-config", "{\"publisher\":\"null\"}")).isNull();
        assertThat(of("--kv-events-config", CONFIG.replace("5557", "99999"))).isNull();
        assertThat(of("--kv-events-config", "{broken")).isNull();
        assertThat(of("--kv-events-config")).isNull();
        assertThat(of("--model", "m")).isNull();
    }

    private static List<String> kvEvents(Pod pod, Integer... ports) {
        return PodEndpoints.of(PodFacts.of(pod), null, Arrays.asList(ports), NOTHING, 1).specs().stream()
                .map(EndpointSpec::kvEvents)
                .toList();
    }

    @Test
    void ranksWithPortsOfTheirOwnPublishAtPortsInARow() {
        var pod = new PodBuilder(pod("a", "10.0.0.1"))
                .editSpec()
                .editFirstContainer()
                .withArgs("--kv-events-config", CONFIG)
                .endContainer()
                .endSpec()
                .build();
        assertThat(kvEvents(pod, 8000)).containsExactly("tcp://*:5557?topic=kv@a@m&replay=5558");
        assertThat(kvEvents(pod, 8000, 8001))
                .containsExactly("tcp://*:5557?topic=kv@a@m&replay=5558", "tcp://*:5558?topic=kv@a@m&replay=5559");
    }

    @Test
    void theAnnotationGoesBeforeWhatAContainerSays() {
        var pod = new PodBuilder(pod("a", "10.0.0.1"))
                .editMetadata()
                .addToAnnotations(PodFacts.KV_EVENTS, "tcp://*:6000?ranks=2")
                .endMetadata()
                .editSpec()
                .editFirstContainer()
                .withArgs("--kv-events-config", CONFIG)
                .endContainer()
                .endSpec()
                .build();
        assertThat(kvEvents(pod, 8000)).containsExactly("tcp://*:6000?ranks=2");
        assertThat(kvEvents(pod("b", "10.0.0.2"), 8000)).containsOnlyNulls();
    }
}
