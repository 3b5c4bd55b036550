package io.kvasir.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.kvasir.app.ChartFlags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** All objects of one installation, and what is looked up in them. */
record Installation(List<Manifest> manifests) {

    Stream<Manifest> all(String kind) {
        return manifests.stream().filter(manifest -> manifest.kind().equals(kind));
    }

    boolean has(String kind, String name) {
        return all(kind).anyMatch(manifest -> manifest.name().equals(name));
    }

    /** The only object of a kind. */
    Manifest only(String kind) {
        var found = all(kind).toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " of kind " + kind);
        }
        return found.getFirst();
    }

    Deployment deployment() throws JsonProcessingException {
        return (Deployment) KubernetesTypes.read(only("Deployment"));
    }

    Service service() throws JsonProcessingException {
        return (Service) KubernetesTypes.read(only("Service"));
    }

    PodSpec pod() throws JsonProcessingException {
        return deployment().getSpec().getTemplate().getSpec();
    }

    Map<String, String> podLabels() throws JsonProcessingException {
        return deployment().getSpec().getTemplate().getMetadata().getLabels();
    }

    /** The container that runs Kvasir. */
    Container kvasir() throws JsonProcessingException {
        return pod().getContainers().stream()
                .filter(container -> container.getName().equals("epp"))
                .findFirst()
                .orElseThrow();
    }

    /** Port numbers of all containers by name. */
    Map<String, Integer> containerPorts() throws JsonProcessingException {
        var ports = new TreeMap<String, Integer>();
        for (Container container : pod().getContainers()) {
            for (ContainerPort port : container.getPorts()) {
                if (ports.put(port.getName(), port.getContainerPort()) != null) {
                    throw new AssertionError("two ports are named " + port.getName());
                }
            }
        }
        return ports;
    }

    /** Kvasir's arguments as the program reads them, in an environment such as the pod's. */
    ChartFlags flags() throws JsonProcessingException {
        var environment = new HashMap<String, String>();
        environment.put("KUBERNETES_SERVICE_HOST", "10.96.0.1");
        for (var variable : kvasir().getEnv()) {
            String value = variable.getValue();
            if (value == null) {
                String field = variable.getValueFrom().getFieldRef().getFieldPath();
                value = field.equals("metadata.namespace") ? only("Deployment").namespace() : field;
            }
            environment.put(variable.getName(), value);
        }
        var args = kvasir().getArgs().stream()
                .map(arg -> arg.replace("$(NAMESPACE)", environment.getOrDefault("NAMESPACE", "")))
                .toList();
        return ChartFlags.of(args, environment);
    }

    /** What a Role or ClusterRole allows: {@code group/resource: verbs}, or {@code path: verbs}. */
    static Set<String> rules(Manifest role) {
        var rules = new TreeSet<String>();
        for (JsonNode rule : role.at("/rules")) {
            String verbs = String.join(" ", new TreeSet<>(texts(rule.path("verbs"))));
            texts(rule.path("nonResourceURLs")).forEach(path -> rules.add(path + ": " + verbs));
            for (String group : texts(rule.path("apiGroups"))) {
                texts(rule.path("resources")).forEach(resource -> rules.add(group + "/" + resource + ": " + verbs));
            }
        }
        return rules;
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
