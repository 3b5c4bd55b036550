package io.kvasir.discovery.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.discovery.hardware.HardwareIdentity.Source;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels as NVIDIA's and AMD's plugins, feature discovery and clouds write them. */
class HardwareLabelsTest {
    private final HardwareCatalogue catalogue = HardwareCatalogue.load();
    private final HardwareLabels labels = HardwareLabels.load(catalogue);

    private static final Map<String, Long> ONE_NVIDIA = Map.of("nvidia.com/gpu", 1L);
    private static final Map<String, Long> ONE_AMD = Map.of("amd.com/gpu", 1L);

    private HardwareIdentity identify(PodHints hints) {
        return labels.identify(hints.made());
    }

    private EndpointSpec spec(HardwareIdentity identity) {
        return IdentifiedEndpoint.of(identity, "e", 8000);
    }

    private String classOf(HardwareIdentity identity) {
        return catalogue.classOf(spec(identity)).name();
    }

    private double weightOf(HardwareIdentity identity) {
        var pool = new Pool(catalogue);
        pool.apply(List.of(spec(identity)));
        return pool.snapshot().at(0).weight();
    }

    @Test
    void aWholeNvidiaGpuIsKnownByItsNode() {
        var identity = identify(PodHints.of(Map.of("nvidia.com/gpu", 8L, "cpu", 32L))
                .onNode(Map.of(
                        "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                        "nvidia.com/gpu.count", "8",
                        "nvidia.com/gpu.replicas", "1",
                        "nvidia.com/gpu.sharing-strategy", "none",
                        "nvidia.com/mig.strategy", "single",
                        "nvidia.com/gpu.memory", "81559")));
        assertThat(identity)
                .isEqualTo(new HardwareIdentity(
                        "nvidia", "NVIDIA-H100-80GB-HBM3", null, 8, 1, Sharing.NONE, Source.NODE, Set.of()));
        assertThat(classOf(identity)).isEqualTo("h100");
    }

    @ParameterizedTest
    @CsvSource({
        "nvidia.com/mig-1g.18gb, h200-mig-1g.18gb, 0.127",
        "nvidia.com/mig-1g.10gb, nvidia-mig-1g.10gb, 0.075",
        "nvidia.com/mig-2g.20gb.shared, nvidia-mig-2g.20gb, 0.075",
        "amd.com/cpx_nps4, amd-cpx, 0.066",
        "nvidia.com/gpu, nvidia-unknown, 0.528",
        "amd.com/gpu, amd-unknown, 0.528",
        "habana.ai/gaudi, intel-unknown, 0.337",
        "google.com/tpu, google-unknown, 0.225",
        "aws.amazon.com/neuron, aws-unknown, 0.169",
        "cpu, cpu, 0.034"
    })
    void whereNodesMayNotBeReadTheResourceTellsWhatItCan(String resource, String expected, double weight) {
        var identity = identify(PodHints.of(Map.of(resource, 1L)));
        assertThat(classOf(identity)).isEqualTo(expected);
        assertThat(weightOf(identity)).isCloseTo(weight, within(0.001));
    }

    @Test
    void theSingleMigStrategySaysTheSliceInTheProduct() {
        var identity = identify(PodHints.of(ONE_NVIDIA)
                .onNode(Map.of(
                        "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
                        "nvidia.com/mig.strategy", "single",
                        "nvidia.com/gpu.count", "56",
                        "nvidia.com/gpu.memory", "9984",
                        "nvidia.com/gpu.replicas", "1",
                        "nvidia.com/gpu.slices.gi", "1")));
        assertThat(identity.product()).isEqualTo("NVIDIA-H100-80GB-HBM3");
        assertThat(identity.partition()).isEqualTo("1g.10gb");
        assertThat(classOf(identity)).isEqualTo("h100-mig-1g.10gb");
    }

    @Test
    void theMixedMigStrategySaysTheSliceInTheResource() {
        var node = Map.of(
                "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                "nvidia.com/gpu.replicas", "0",
                "nvidia.com/mig.strategy", "mixed",
                "nvidia.com/mig-1g.10gb.product", "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
                "nvidia.com/mig-1g.10gb.replicas", "1",
                "nvidia.com/mig-1g.10gb.sharing-strategy", "none",
                "nvidia.com/mig-3g.40gb.product", "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb-SHARED",
                "nvidia.com/mig-3g.40gb.replicas", "4",
                "nvidia.com/mig-3g.40gb.sharing-strategy", "time-slicing");
        var own = identify(PodHints.of(Map.of("nvidia.com/mig-1g.10gb", 2L)).onNode(node));
        assertThat(own.partition()).isEqualTo("1g.10gb");
        assertThat(own.count()).isEqualTo(2);
        assertThat(own.sharing()).isEqualTo(1);
        var shared = identify(PodHints.of(Map.of("nvidia.com/mig-3g.40gb", 1L)).onNode(node));
        assertThat(shared.product()).isEqualTo("NVIDIA-H100-80GB-HBM3");
        assertThat(shared.partition()).isEqualTo("3g.40gb");
        assertThat(shared.sharing()).isEqualTo(4);
        assertThat(shared.strategy()).isEqualTo(Sharing.TIME_SLICING);
        assertThat(classOf(shared)).isEqualTo("h100-mig-3g.40gb");
    }

    @ParameterizedTest
    @CsvSource({"nvidia.com/mig-1g.10gb.me", "nvidia.com/mig-1g.10gb.shared", "nvidia.com/mig-1g.10gb-me"})
    void aSlicesAttributesDoNotHideIt(String resource) {
        var identity = identify(
                PodHints.of(Map.of(resource, 1L)).onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3")));
        assertThat(classOf(identity)).isEqualTo("h100-mig-1g.10gb");
    }

    @Test
    void anInvalidMigLayoutIsTold() {
        var identity = identify(PodHints.of(ONE_NVIDIA)
                .onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-H200-MIG-INVALID", "nvidia.com/gpu.replicas", "0")));
        assertThat(identity.notes()).containsExactly(HardwareNote.MIG_INVALID);
        assertThat(identity.product()).isEqualTo("NVIDIA-H200");
        assertThat(identity.partition()).isEqualTo("invalid");
        assertThat(weightOf(identity)).isEqualTo(0.5);
    }

    @ParameterizedTest
    @CsvSource({"time-slicing, TIME_SLICING", "mps, MPS"})
    void sharedReplicasCountAsTheirPart(String label, Sharing strategy) {
        var identity = identify(PodHints.of(ONE_NVIDIA)
                .onNode(Map.of(
                        "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-SHARED",
                        "nvidia.com/gpu.replicas", "4",
                        "nvidia.com/gpu.sharing-strategy", label)));
        assertThat(identity.product()).isEqualTo("NVIDIA-H100-80GB-HBM3");
        assertThat(identity.sharing()).isEqualTo(4);
        assertThat(identity.strategy()).isEqualTo(strategy);
        assertThat(weightOf(identity)).isEqualTo(0.25);
    }

    @Test
    void aRenamedSharedResourceIsShared() {
        var identity = identify(PodHints.of(Map.of("nvidia.com/gpu.shared", 1L))
                .onNode(Map.of("nvidia.com/gpu.product", "Tesla-T4", "nvidia.com/gpu.replicas", "8")));
        assertThat(identity.sharing()).isEqualTo(8);
        assertThat(identity.strategy()).isEqualTo(Sharing.UNKNOWN);
    }

    @Test
    void sharingByAnUnknownNumberIsTakenAsTwoAndTold() {
        var identity = identify(PodHints.of(Map.of("nvidia.com/gpu.shared", 1L)));
        assertThat(identity.sharing()).isEqualTo(2);
        assertThat(identity.notes()).containsExactly(HardwareNote.SHARING_UNKNOWN);
        assertThat(identity.source()).isEqualTo(Source.RESOURCE);
        assertThat(identity.vendor()).isEqualTo("nvidia");
        assertThat(identity.product()).isNull();
    }

    @Test
    void amdsLabellerNamesTheProduct() {
        var identity = identify(PodHints.of(Map.of("amd.com/gpu", 4L))
                .onNode(Map.of(
                        "amd.com/gpu.product-name", "AMD_Instinct_MI300X_OAM",
                        "amd.com/gpu.device-id", "74a1",
                        "amd.com/gpu.family", "AI",
                        "amd.com/gpu.vram", "192G",
                        "amd.com/gpu.cu-count", "304",
                        "amd.com/compute-memory-partition", "spx_nps1",
                        "amd.com/compute-partitioning-supported", "true",
                        "beta.amd.com/gpu.product-name.AMD_Instinct_MI300X_OAM", "8")));
        assertThat(identity.vendor()).isEqualTo("amd");
        assertThat(identity.partition()).isNull();
        assertThat(identity.count()).isEqualTo(4);
        assertThat(classOf(identity)).isEqualTo("mi300x");
    }

    @Test
    void amdsSingleNamingSaysThePartitionOnTheNode() {
        var identity = identify(PodHints.of(ONE_AMD)
                .onNode(Map.of("amd.com/gpu.device-id", "74a1", "amd.com/compute-memory-partition", "cpx_nps4")));
        assertThat(identity.partition()).isEqualTo("cpx_nps4");
        assertThat(classOf(identity)).isEqualTo("mi300x-cpx");
    }

    @ParameterizedTest
    @CsvSource({
        "amd.com/cpx_nps4, cpx_nps4, mi300x-cpx",
        "amd.com/cpx_nps1, cpx_nps1, mi300x-cpx",
        "amd.com/dpx_nps2, dpx_nps2, mi300x-dpx",
        "amd.com/spx_nps1, , mi300x",
        "amd.com/gpu, , mi300x"
    })
    void amdsMixedNamingSaysThePartitionInTheResource(String resource, String partition, String hardware) {
        var identity = identify(PodHints.of(Map.of(resource, 1L))
                .onNode(Map.of("amd.com/gpu.product-name", "AMD_Instinct_MI300X_OAM")));
        assertThat(identity.partition()).isEqualTo(partition);
        assertThat(classOf(identity)).isEqualTo(hardware);
    }

    @ParameterizedTest
    @CsvSource({"304, mi300x", "152, mi300x-dpx", "76, mi300x-qpx", "38, mi300x-cpx"})
    void olderLabellersTellThePartitionByComputeUnits(String units, String hardware) {
        var identity = identify(
                PodHints.of(ONE_AMD).onNode(Map.of("amd.com/gpu.device-id", "74a1", "amd.com/gpu.cu-count", units)));
        assertThat(classOf(identity)).isEqualTo(hardware);
    }

    @Test
    void oldLabellersNameTheDeviceInTheKey() {
        var identity = identify(PodHints.of(ONE_AMD)
                .onNode(Map.of(
                        "beta.amd.com/gpu.device-id.740f", "4",
                        "beta.amd.com/gpu.family.AI", "4",
                        "beta.amd.com/gpu.vram.64G", "4")));
        assertThat(classOf(identity)).isEqualTo("mi210");
    }

    @Test
    void aNodeOfSeveralKindsIsNotGuessed() {
        var identity = identify(PodHints.of(ONE_AMD)
                .onNode(Map.of("amd.com/gpu.device-id.740f", "4", "amd.com/gpu.device-id.74a1", "4")));
        assertThat(identity.product()).isNull();
        assertThat(identity.notes()).containsExactly(HardwareNote.MIXED_NODE);
    }

    @Test
    void memoryTellsAmdsProductWhereNothingElseDoes() {
        var identity = identify(PodHints.of(ONE_AMD).onNode(Map.of("amd.com/gpu.vram", "256G")));
        assertThat(classOf(identity)).isEqualTo("mi325x");
    }

    @Test
    void memoryTellsTheSmallerA100() {
        var node =
                Map.of("karpenter.k8s.aws/instance-gpu-name", "a100", "karpenter.k8s.aws/instance-gpu-memory", "40960");
        assertThat(classOf(identify(PodHints.of(ONE_NVIDIA).onNode(node)))).isEqualTo("a100-40gb");
        assertThat(classOf(identify(
                        PodHints.of(ONE_NVIDIA).onNode(Map.of("karpenter.k8s.aws/instance-gpu-name", "a100")))))
                .isEqualTo("a100");
    }

    @Test
    void withoutNodesTheSelectorTells() {
        var identity = identify(PodHints.of(ONE_NVIDIA)
                .selecting(Map.of(
                        "cloud.google.com/gke-accelerator", "nvidia-h100-80gb",
                        "cloud.google.com/gke-gpu-sharing-strategy", "time-sharing",
                        "cloud.google.com/gke-max-shared-clients-per-gpu", "2")));
        assertThat(identity.source()).isEqualTo(Source.POD);
        assertThat(classOf(identity)).isEqualTo("h100");
        assertThat(identity.sharing()).isEqualTo(2);
        assertThat(identity.strategy()).isEqualTo(Sharing.TIME_SLICING);
    }

    @Test
    void withoutNodesLabelsCopiedToThePodTell() {
        var identity = identify(
                PodHints.of(ONE_NVIDIA).labelled(Map.of("nvidia.com/gpu.product", "NVIDIA-L40S", "app", "vllm")));
        assertThat(identity.source()).isEqualTo(Source.POD);
        assertThat(classOf(identity)).isEqualTo("l40s");
    }

    @Test
    void aDeclarationGoesBeforeTheNodeAndTheNodeBeforeHints() {
        var hints = PodHints.of(ONE_NVIDIA)
                .selecting(Map.of("nvidia.com/gpu.product", "NVIDIA-L4"))
                .onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-A10G"));
        assertThat(classOf(identify(hints))).isEqualTo("a10g");
        var declared = identify(hints.labelled(Map.of("kvasir.io/product", "NVIDIA-H200")));
        assertThat(declared.source()).isEqualTo(Source.DECLARED);
        assertThat(classOf(declared)).isEqualTo("h200");
        assertThat(classOf(identify(hints.annotated(Map.of(
                        "kvasir.io/product",
                        "NVIDIA-H200",
                        "kvasir.io/partition",
                        "1g.18gb",
                        "kvasir.io/sharing",
                        "2")))))
                .isEqualTo("h200-mig-1g.18gb");
    }

    @Test
    void theFieldsLabelsCountWhereTheyNameAProduct() {
        var node = PodHints.of(ONE_NVIDIA).onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-L4"));
        assertThat(classOf(identify(node.labelled(
                        Map.of("llm-d.ai/accelerator-variant", "gpu", "llm-d.ai/accelerator-vendor", "nvidia")))))
                .isEqualTo("l4");
        assertThat(classOf(identify(node.labelled(Map.of("llm-d.ai/accelerator", "NVIDIA-H100-80GB-HBM3")))))
                .isEqualTo("h100");
        assertThat(classOf(identify(node.labelled(Map.of("inference.optimization/acceleratorName", "A100")))))
                .isEqualTo("a100");
    }

    @Test
    void gaudiIsKnownByVendorAndByProductWhereLabelled() {
        var bare = identify(PodHints.of(Map.of("habana.ai/gaudi", 8L)));
        assertThat(bare.vendor()).isEqualTo("intel");
        assertThat(bare.product()).isNull();
        assertThat(bare.count()).isEqualTo(8);
        var named = identify(PodHints.of(Map.of("habana.ai/gaudi", 1L))
                .onNode(Map.of("habana.ai/product.name", "Intel-Gaudi-2-96GB", "nvidia.com/gpu.product", "NVIDIA-L4")));
        assertThat(classOf(named)).isEqualTo("gaudi2");
        assertThat(identify(PodHints.of(Map.of()).labelled(Map.of("llm-d.ai/accelerator-vendor", "habana")))
                        .vendor())
                .isEqualTo("intel");
    }

    @Test
    void aPodThatAsksForNoDeviceRunsOnTheCpuEvenOnAGpuNode() {
        var identity = identify(PodHints.of(Map.of("cpu", 8L)).onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-L4")));
        assertThat(identity.vendor()).isEqualTo("cpu");
        assertThat(classOf(identity)).isEqualTo("cpu");
    }

    @Test
    void aPodWithAResourceClaimHasWhatItsNodeHas() {
        var identity = identify(
                PodHints.of(Map.of()).claimingDevices().onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-GB200")));
        assertThat(identity.vendor()).isEqualTo("nvidia");
        assertThat(classOf(identity)).isEqualTo("gb200");
    }

    @Test
    void enginesOfOnePodDivideItsDevices() {
        assertThat(identify(PodHints.of(Map.of("nvidia.com/gpu", 8L)).dividedAmong(4))
                        .count())
                .isEqualTo(2);
        assertThat(identify(PodHints.of(Map.of("nvidia.com/gpu", 2L)).dividedAmong(4))
                        .count())
                .isEqualTo(1);
    }

    @Test
    void nonsenseIsIgnoredAndTold() {
        var identity = identify(PodHints.of(Map.of("nvidia.com/gpu", 1L, "amd.com/gpu", 1L))
                .annotated(Map.of("kvasir.io/count", "many", "kvasir.io/product", "x".repeat(500)))
                .onNode(Map.of("nvidia.com/gpu.product", "NVIDIA-L4", "nvidia.com/gpu.replicas", "-3")));
        assertThat(identity.notes()).containsExactlyInAnyOrder(HardwareNote.BAD_VALUE, HardwareNote.SEVERAL_DEVICES);
        assertThat(identity.product()).isEqualTo("NVIDIA-L4");
        assertThat(identity.count()).isEqualTo(1);
        assertThat(identity.sharing()).isEqualTo(1);
    }

    @Test
    void notesAreCountedAndASecondPodSaysTheSame() {
        var reports = new HardwareReports(labels);
        var hints = PodHints.of(Map.of("nvidia.com/gpu.shared", 1L));
        assertThat(reports.identify("a", hints.made())).isEqualTo(reports.identify("b", hints.made()));
        assertThat(reports.noted(HardwareNote.SHARING_UNKNOWN)).isEqualTo(2);
        assertThat(reports.noted(HardwareNote.MIXED_NODE)).isZero();
    }

    @Test
    void aBrokenVocabularyNamesItsLine() {
        assertThatThrownBy(() -> HardwareRules.parse(Stream.of("# head", "label a.b/c color -")))
                .hasMessageContaining("hardware-labels.txt:2");
    }
}
