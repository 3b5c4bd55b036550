package io.kvasir.deploy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that our manifests use of kinds that the Kubernetes client does not know, with the rules that their public
 * definitions put on them. A field that is not here fails, so that each new one is looked up first.
 */
final class CustomTypes {
    private static final Map<String, Class<?>> SPECS = Map.of(
            "inference.networking.k8s.io/v1 InferencePool", Pool.class,
            "llm-d.ai/v1alpha2 InferenceObjective", Objective.class,
            "networking.istio.io/v1 DestinationRule", Rule.class,
            "networking.gke.io/v1 HealthCheckPolicy", HealthPolicy.class,
            "networking.gke.io/v1 GCPBackendPolicy", BackendPolicy.class);

    private CustomTypes() {}

    /** Type of {@code spec} of that kind; null if it is not known here. */
    static @Nullable Class<?> spec(String apiVersion, String kind) {
        return SPECS.get(apiVersion + " " + kind);
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }

    /** An object without its spec. */
    record Head(
            @JsonProperty(required = true) String apiVersion,
            @JsonProperty(required = true) String kind,
            @JsonProperty(required = true) Metadata metadata,
            @JsonProperty(required = true) JsonNode spec) {}

    record Metadata(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String namespace,
            @Nullable Map<String, String> labels,
            @Nullable Map<String, String> annotations) {}

    record Port(@JsonProperty(required = true) Integer number) {
        Port {
            require(number >= 1 && number <= 65_535, "port " + number);
        }
    }

    record Selector(@JsonProperty(required = true) Map<String, String> matchLabels) {
        Selector {
            require(!matchLabels.isEmpty() && matchLabels.size() <= 64, "1 to 64 labels");
        }
    }

    record PickerRef(
            @Nullable String group,
            @Nullable String kind,
            @JsonProperty(required = true) String name,
            @Nullable Port port,
            @Nullable String failureMode) {
        PickerRef {
            require(port != null || (kind != null && !kind.equals("Service")), "a Service needs a port");
            require(failureMode == null || Set.of("FailOpen", "FailClose").contains(failureMode), failureMode + "");
        }
    }

    /** InferencePool. The picker may be left out since v1.6 of the definition, and ours never is. */
    record Pool(
            @JsonProperty(required = true) Selector selector,
            @JsonProperty(required = true) List<Port> targetPorts,
            @Nullable String appProtocol,
            @JsonProperty(required = true) PickerRef endpointPickerRef) {
        Pool {
            require(!targetPorts.isEmpty() && targetPorts.size() <= 8, "1 to 8 ports");
            require(new HashSet<>(targetPorts).size() == targetPorts.size(), "ports are unique");
            require(appProtocol == null || Set.of("http", "kubernetes.io/h2c").contains(appProtocol), appProtocol + "");
        }
    }

    record TargetRef(
            @JsonProperty(required = true) String group,
            @JsonProperty(required = true) String kind,
            @JsonProperty(required = true) String name) {}

    /** InferenceObjective. */
    record Objective(
            @Nullable Integer priority,
            @JsonProperty(required = true) TargetRef poolRef) {}

    record Tls(
            @JsonProperty(required = true) String mode,
            @Nullable Boolean insecureSkipVerify,
            @Nullable String sni) {
        Tls {
            require(Set.of("DISABLE", "SIMPLE").contains(mode), mode);
        }
    }

    record OutlierDetection(
            @Nullable Integer consecutiveGatewayErrors,
            @Nullable Integer consecutive5xxErrors,
            @Nullable String interval,
            @Nullable String baseEjectionTime,
            @Nullable Integer maxEjectionPercent) {}

    /** {@code connectionPool} is the operator's own and passes unread. */
    record TrafficPolicy(
            @JsonProperty(required = true) Tls tls,
            @JsonProperty(required = true) OutlierDetection outlierDetection,
            @Nullable JsonNode connectionPool) {}

    /** DestinationRule. */
    record Rule(
            @JsonProperty(required = true) String host,
            @JsonProperty(required = true) TrafficPolicy trafficPolicy) {}

    record HttpCheck(
            @JsonProperty(required = true) String requestPath,
            @JsonProperty(required = true) String portSpecification,
            @JsonProperty(required = true) Integer port) {
        HttpCheck {
            // GKE's own rule: a port is only taken with it
            require(portSpecification.equals("USE_FIXED_PORT"), portSpecification);
        }
    }

    record CheckConfig(
            @JsonProperty(required = true) String type,
            @JsonProperty(required = true) HttpCheck httpHealthCheck) {}

    record HealthDefault(@JsonProperty(required = true) CheckConfig config) {}

    /** HealthCheckPolicy. */
    record HealthPolicy(
            @JsonProperty(required = true) TargetRef targetRef,

            @JsonProperty(value = "default", required = true)
            HealthDefault standard) {}

    record Logging(@JsonProperty(required = true) Boolean enabled) {}

    record BackendDefault(
            @Nullable Integer timeoutSec, @Nullable Logging logging) {}

    /** GCPBackendPolicy. */
    record BackendPolicy(
            @JsonProperty(required = true) TargetRef targetRef,

            @JsonProperty(value = "default", required = true)
            BackendDefault standard) {}
}
