package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelKnowledgeTest {
    private static final long SECOND = 1_000_000_000L;

    private final Pool pool = new Pool(HardwareCatalogue.load());

    private Endpoint endpoint(EngineKind engine, @Nullable String model) {
        pool.apply(List.of(EndpointSpecs.of("a", 1, Role.BOTH, null, engine, model, 0)));
        return pool.snapshot().at(0);
    }

    private static void read(Endpoint endpoint, long nanos, String... names) {
        endpoint.knowledge()
                .read(new ServedModels(
                        List.of(names).stream()
                                .map(name -> new ServedModel(name, null, 0))
                                .toList(),
                        true,
                        nanos));
    }

    private static void takesAdapters(Endpoint endpoint) {
        endpoint.report(EngineStats.at(1)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 100)
                .adapters(4, List.of(), List.of())
                .build());
    }

    @Test
    void ofAnEndpointThatToldNothingNothingIsKnown() {
        assertThat(endpoint(EngineKind.VLLM, null).serving("m", 0)).isEqualTo(Serving.UNTOLD);
    }

    @Test
    void aCompleteListSaysWhatIsServedAndWhatIsNot() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        read(endpoint, 1, "m");

        assertThat(endpoint.serving("m", 2)).isEqualTo(Serving.LISTED);
        assertThat(endpoint.serving("other", 2)).isEqualTo(Serving.NO);
    }

    @Test
    void anEngineThatTakesAdaptersMayServeWhatItDoesNotList() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        read(endpoint, 1, "m");
        takesAdapters(endpoint);

        assertThat(endpoint.serving("adapter", 2)).isEqualTo(Serving.MAYBE);
    }

    @Test
    void anAdapterInTheListShowsThatMoreMayCome() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        endpoint.serves(List.of(new ServedModel("m", null, 0), new ServedModel("lora", "m", 0)));

        assertThat(endpoint.serving("another", 2)).isEqualTo(Serving.MAYBE);
    }

    @Test
    void sglangTakesAnAdapterBehindItsModelsName() {
        var endpoint = endpoint(EngineKind.SGLANG, null);
        read(endpoint, 1, "org/m");

        assertThat(endpoint.serving("org/m:lora", 2)).isEqualTo(Serving.MAYBE);
        assertThat(endpoint.serving("org/n:lora", 2)).isEqualTo(Serving.NO);
    }

    @Test
    void aListThatCannotBeReadNowIsNoReasonToRefuse() {
        var endpoint = endpoint(EngineKind.VLLM, "m");
        assertThat(endpoint.serving("other", 2)).as("not read yet").isEqualTo(Serving.MAYBE);

        read(endpoint, 1, "m");
        endpoint.knowledge().unreadable("unauthorized");
        assertThat(endpoint.serving("other", 2)).isEqualTo(Serving.MAYBE);
        assertThat(endpoint.serving("m", 2)).isEqualTo(Serving.LISTED);
        assertThat(endpoint.knowledge().state()).isEqualTo("unreadable");

        read(endpoint, 3, "m");
        assertThat(endpoint.serving("other", 4)).isEqualTo(Serving.NO);
        assertThat(endpoint.knowledge().problem()).isNull();
    }

    @Test
    void whatTheEngineDeniedIsNotAskedForThereForAWhile() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        read(endpoint, 1, "m");
        takesAdapters(endpoint);
        endpoint.knowledge().deny("adapter", SECOND);

        assertThat(endpoint.serving("adapter", 2 * SECOND)).isEqualTo(Serving.NO);
        assertThat(endpoint.serving("another", 2 * SECOND)).isEqualTo(Serving.MAYBE);
        assertThat(endpoint.serving("adapter", 12 * SECOND)).isEqualTo(Serving.MAYBE);
    }

    @Test
    void anOldListGivesWayToWhatTheEngineSaidAndANewOneDoesNot() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        read(endpoint, SECOND, "m", "lora");
        endpoint.knowledge().deny("lora", 2 * SECOND);
        assertThat(endpoint.serving("lora", 3 * SECOND)).isEqualTo(Serving.NO);

        read(endpoint, 4 * SECOND, "m", "lora");

        assertThat(endpoint.serving("lora", 5 * SECOND)).isEqualTo(Serving.LISTED);
    }

    @Test
    void noDenialTakesAwayTheModelThatAnEndpointIsDescribedWith() {
        var endpoint = endpoint(EngineKind.VLLM, "m");
        endpoint.knowledge().deny("m", 1);

        assertThat(endpoint.serving("m", 2)).isEqualTo(Serving.LISTED);
    }

    @Test
    void denialsAreBounded() {
        var endpoint = endpoint(EngineKind.VLLM, null);
        for (int i = 0; i <= ModelKnowledge.MOST_DENIED; i++) {
            endpoint.knowledge().deny("m" + i, i);
        }

        assertThat(endpoint.serving("m0", 100)).isEqualTo(Serving.UNTOLD);
        assertThat(endpoint.serving("m1", 100)).isEqualTo(Serving.NO);
    }

    @Test
    void aKeyIsNeverShown() {
        assertThat(new ApiKey("secret-key").toString()).doesNotContain("secret");
        var spec = EndpointSpec.of("a", "10.0.0.1", 1).toBuilder()
                .protocol(EngineProtocol.H2C)
                .apiKey(new ApiKey("secret-key"))
                .build();
        assertThat(spec.toString()).doesNotContain("secret");
    }
}
