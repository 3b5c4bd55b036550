package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolAdviceTest {
    private static List<String> advice(EndpointSpec... specs) {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(specs));
        return PoolAdvice.of(pool.snapshot().endpoints(), ModelCatalogue.load()).stream()
                .map(PoolAdvice::text)
                .toList();
    }

    private static EndpointSpec slice(@Nullable String partition, int sharing, String model) {
        return EndpointSpec.builder("e", "10.0.0.1", 80)
                .vendor("NVIDIA")
                .product("NVIDIA-H200")
                .partition(partition)
                .sharing(sharing)
                .model(model)
                .build();
    }

    @Test
    void sharedGpusAreAdvisedAgainst() {
        assertThat(advice(slice(null, 4, "llama-3.1-8b")).getFirst())
                .startsWith("each GPU is shared by 4 replicas (time-slicing or MPS): each slows the others;");
        assertThat(advice(slice(null, 4, "llama-3.1-70b")).getFirst())
                .contains("4 times its weights (71 GB each) do not fit into its");
        assertThat(advice(slice(null, 1, "llama-3.1-70b"))).isEmpty();
    }

    @Test
    void aSliceThatTheModelNearlyFillsIsAdvisedAgainst() {
        assertThat(advice(slice("1g.18gb", 1, "qwen3-32b")).getFirst())
                .startsWith("the weights of qwen3-32b (33 GB) take ");
        assertThat(advice(slice("1g.18gb", 1, "gpt-tiny-1b"))).isEmpty();
    }

    @Test
    void prefillAndDecodeOfDifferentVendorsCannotBePaired() {
        assertThat(advice(
                                EndpointSpecs.of("p", 1, Role.PREFILL, "NVIDIA-H200"),
                                EndpointSpecs.of("d", 2, Role.DECODE, "AMD-Instinct-MI350X"))
                        .getFirst())
                .startsWith("no prefill endpoint (nvidia vllm) can be paired with a decode endpoint (amd vllm)")
                .contains("--pd-cross-vendor");
        assertThat(advice(
                        EndpointSpecs.of("p", 1, Role.PREFILL, "NVIDIA-H200"),
                        EndpointSpecs.of("d", 2, Role.DECODE, "AMD-Instinct-MI350X"),
                        EndpointSpecs.of("d2", 3, Role.DECODE, "NVIDIA-H100")))
                .isEmpty();
    }
}
