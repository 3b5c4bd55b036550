package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;

/** Objects of a cluster, as short as tests like them. */
public final class Objects {
    static final Map<String, String> LABELS = Map.of("app", "vllm");

    private Objects() {}

    public static GenericKubernetesResource pool(String selector, String ports) {
        return yaml("""
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: pool, namespace: llm}
                spec:
                  selector: {matchLabels: {%s}}
                  targetPorts: [%s]
                  endpointPickerRef: {name: kvasir, port: {number: 9002}}
                """.formatted(selector, ports));
    }

    static GenericKubernetesResource yaml(String text) {
        return Serialization.unmarshal(text, GenericKubernetesResource.class);
    }

    /** A ready pod {@code app: vllm}. */
    public static Pod pod(String name, String ip) {
        return pod(name, ip, LABELS);
    }

    static Pod pod(String name, String ip, Map<String, String> labels) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(TestCluster.NAMESPACE)
                .withUid("uid-of-" + name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withNodeName("node-of-" + name)
                .addNewContainer()
                .withName("engine")
                .addNewPort()
                .withContainerPort(8000)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPodIP(ip)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
    }

    public static Pod unready(Pod pod) {
        return new PodBuilder(pod)
                .editStatus()
                .editFirstCondition()
                .withStatus("False")
                .endCondition()
                .endStatus()
                .build();
    }

    static Pod terminating(Pod pod) {
        return new PodBuilder(pod)
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .addToFinalizers("example.com/test")
                .endMetadata()
                .build();
    }

    static Pod annotated(Pod pod, String name, String value) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(name, value)
                .endMetadata()
                .build();
    }

    static Pod labelled(Pod pod, String name, String value) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToLabels(name, value)
                .endMetadata()
                .build();
    }

    /** A pod of a LeaderWorkerSet; worker 0 is the leader. */
    static Pod member(Pod pod, int group, int worker, int size) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToLabels("leaderworkerset.sigs.k8s.io/name", "lws")
                .addToLabels("leaderworkerset.sigs.k8s.io/group-index", Integer.toString(group))
                .addToLabels("leaderworkerset.sigs.k8s.io/worker-index", Integer.toString(worker))
                .addToAnnotations("leaderworkerset.sigs.k8s.io/size", Integer.toString(size))
                .endMetadata()
                .build();
    }
}
