package io.kvasir.deploy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Pod Security Standard {@code restricted}, and what OpenShift's {@code restricted-v2} asks beyond it: that no user
 * or group is set, as it gives its own.
 */
final class RestrictedPods {
    private RestrictedPods() {}

    /** What a pod breaks; empty if nothing. */
    static List<String> violations(PodSpec pod) {
        var found = new ArrayList<String>();
        if (on(pod.getHostNetwork()) || on(pod.getHostPID()) || on(pod.getHostIPC())) {
            found.add("host namespaces");
        }
        for (Volume volume : pod.getVolumes()) {
            boolean allowed = volume.getEmptyDir() != null
                    || volume.getConfigMap() != null
                    || volume.getSecret() != null
                    || volume.getProjected() != null
                    || volume.getPersistentVolumeClaim() != null;
            if (!allowed) {
                found.add("volume " + volume.getName());
            }
        }
        var security = pod.getSecurityContext();
        if (security == null || security.getRunAsUser() != null || security.getFsGroup() != null) {
            found.add("no security context of the pod, or one with a fixed user or group");
        }
        pod.getInitContainers().forEach(container -> container(container, found));
        pod.getContainers().forEach(container -> container(container, found));
        return found;
    }

    private static void container(Container container, List<String> found) {
        String name = container.getName() + ": ";
        var security = container.getSecurityContext();
        if (security == null) {
            found.add(name + "no security context");
            return;
        }
        if (on(security.getPrivileged()) || !Boolean.FALSE.equals(security.getAllowPrivilegeEscalation())) {
            found.add(name + "privileges");
        }
        if (!on(security.getRunAsNonRoot()) || security.getRunAsUser() != null || security.getRunAsGroup() != null) {
            found.add(name + "user");
        }
        if (!on(security.getReadOnlyRootFilesystem())) {
            found.add(name + "writable root");
        }
        var capabilities = security.getCapabilities();
        if (capabilities == null
                || !capabilities.getDrop().equals(List.of("ALL"))
                || !capabilities.getAdd().isEmpty()) {
            found.add(name + "capabilities");
        }
        if (security.getSeccompProfile() == null
                || !"RuntimeDefault".equals(security.getSeccompProfile().getType())) {
            found.add(name + "seccomp");
        }
        container.getPorts().stream()
                .filter(port -> port.getHostPort() != null)
                .forEach(port -> found.add(name + "host port " + port.getHostPort()));
    }

    private static boolean on(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
