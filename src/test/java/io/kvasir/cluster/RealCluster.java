package io.kvasir.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a real API server that has the definitions of all kinds which our manifests use. What is asked through it is
 * asked as the administrator; {@link #as} gives clients of service accounts, who may do what RBAC grants them.
 */
public final class RealCluster {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String APPLY = "application/apply-patch+yaml";

    /** Kinds of our manifests, and those that we read, which are not the server's own. */
    private static final Set<String> KINDS = Set.of(
            "InferencePool",
            "InferenceObjective",
            "InferenceModelRewrite",
            "HTTPRoute",
            "DestinationRule",
            "ServiceMonitor");

    private static @Nullable RealCluster shared;

    private final RealApiServer server;
    private final Map<String, JsonNode> resources = new HashMap<>();

    private RealCluster(RealApiServer server) {
        this.server = server;
    }

    /** Skips the test, with the reason, where there is no API server. */
    public static void assumePresent() {
        RealApiServer.assumePresent();
    }

    /** The one that all tests of a JVM use, as its start takes seconds; started by the first and stopped with the JVM. */
    public static synchronized RealCluster shared() throws Exception {
        var cluster = shared;
        if (cluster == null) {
            var folder = Files.createTempDirectory("kvasir-api-server");
            var server = new RealApiServer(folder);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.close();
                delete(folder);
            }));
            cluster = new RealCluster(server);
            cluster.define();
            shared = cluster;
        }
        return cluster;
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException _) {
            // it is in the system's folder for what nobody needs
        }
    }

    private void define() throws IOException {
        var definitions = new ArrayList<JsonNode>();
        try (var files = Files.list(RealApiServer.PROGRAMS.resolve("definitions"))) {
            for (Path file : files.sorted().toList()) {
                definitions.addAll(documents(Files.readString(file)));
            }
        }
        definitions.removeIf(one -> !KINDS.contains(one.at("/spec/names/kind").asText()));
        for (JsonNode definition : definitions) {
            apply(definition, false);
        }
        for (JsonNode definition : definitions) {
            String api = "/apis/" + definition.at("/spec/group").asText() + "/"
                    + definition.at("/spec/versions/0/name").asText();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> served(api, definition));
        }
    }

    private boolean served(String api, JsonNode definition) throws IOException {
        var answer = server.ask("GET", api, null, null);
        return answer.statusCode() == 200
                && JSON.readTree(answer.body())
                        .path("resources")
                        .findValuesAsText("kind")
                        .contains(definition.at("/spec/names/kind").asText());
    }

    private static List<JsonNode> documents(String yaml) throws IOException {
        var documents = new ArrayList<JsonNode>();
        try (JsonParser parser = YAML.createParser(yaml);
                var values = YAML.readerFor(JsonNode.class).<JsonNode>readValues(parser)) {
            while (values.hasNextValue()) {
                var value = values.nextValue();
                if (value.isObject()) {
                    documents.add(value);
                }
            }
        }
        return documents;
    }

    /** Applies every object of a YAML text. */
    public void apply(String yaml) throws IOException {
        for (JsonNode object : documents(yaml)) {
            apply(object, false);
        }
    }

    /**
     * Applies an object by the server's own field management; a field that its kind does not have is an error.
     *
     * @param dry whether it is only looked at
     * @throws IOException with what the server says, where it refuses
     */
    public JsonNode apply(JsonNode object, boolean dry) throws IOException {
        String path =
                path(object) + "?fieldManager=test&force=true&fieldValidation=Strict" + (dry ? "&dryRun=All" : "");
        return asked("PATCH", path, APPLY, JSON.writeValueAsString(object));
    }

    /** Merges a JSON text into an object, or into its status as a kubelet would. */
    public void merge(String path, String patch) throws IOException {
        asked("PATCH", path, "application/merge-patch+json", patch);
    }

    /** Deletes what is at that path. */
    public void delete(String path, @Nullable String options) throws IOException {
        asked("DELETE", path, "application/json", options == null ? "{}" : options);
    }

    /** Makes a namespace, unless it is there. */
    public void namespace(String name) throws IOException {
        apply("{apiVersion: v1, kind: Namespace, metadata: {name: " + name + "}}");
    }

    /** Has a pod be there, ready, at that address, as a kubelet tells it. */
    public void pod(String namespace, String name, String label, String ip) throws IOException {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: %s, labels: {app: %s}}
                spec:
                  nodeName: node
                  automountServiceAccountToken: false
                  containers: [{name: engine, image: engine, ports: [{containerPort: 8000}]}]
                """.formatted(name, namespace, label));
        status(namespace, name, ip, true);
    }

    /** Tells whether a pod is ready. */
    public void status(String namespace, String name, String ip, boolean ready) throws IOException {
        merge("/api/v1/namespaces/" + namespace + "/pods/" + name + "/status", """
                {"status": {"phase": "Running", "podIP": "%s", "podIPs": [{"ip": "%s"}],
                  "conditions": [{"type": "Ready", "status": "%s"}]}}
                """.formatted(
                        ip, ip, ready ? "True" : "False"));
    }

    /** A token of a service account. */
    public String token(String namespace, String account) throws IOException {
        return asked(
                        "POST",
                        "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + account + "/token",
                        "application/json",
                        "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{}}")
                .at("/status/token")
                .asText();
    }

    /** A client that shows that token. */
    public KubernetesClient as(String token) {
        return ApiClients.forStreams(new ConfigBuilder(Config.empty())
                .withMasterUrl(server.url())
                .withCaCertFile(server.certificate().toString())
                .withOauthToken(token)
                .build());
    }

    /** A kubeconfig that shows that token. */
    public Path kubeconfig(Path folder, String token) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "kubeconfig", ".yaml"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "%s", certificate-authority: "%s"}}]
                users: [{name: u, user: {token: "%s"}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(
                        server.url(), server.certificate(), token));
    }

    /** Stops the API server. */
    public void down() {
        server.stop();
    }

    /** Starts it again, with the objects it had. */
    public void up() throws IOException {
        server.start();
    }

    /** Starts it again with no memory of how objects became what they are. */
    public void upWithoutMemory() throws IOException {
        server.compact();
        server.start();
    }

    /** Path of an object, by what the server says of its kind. */
    private String path(JsonNode object) throws IOException {
        String version = object.path("apiVersion").asText();
        String api = (version.contains("/") ? "/apis/" : "/api/") + version;
        String kind = object.path("kind").asText();
        for (JsonNode resource : resources(api).path("resources")) {
            String plural = resource.path("name").asText();
            if (resource.path("kind").asText().equals(kind) && !plural.contains("/")) {
                String namespace = object.at("/metadata/namespace").asText();
                return api
                        + (resource.path("namespaced").asBoolean() ? "/namespaces/" + namespace : "")
                        + "/" + plural + "/" + object.at("/metadata/name").asText();
            }
        }
        throw new IOException("the API server knows no " + version + " " + kind);
    }

    private JsonNode resources(String api) throws IOException {
        var known = resources.get(api);
        if (known == null) {
            known = asked("GET", api, null, null);
            resources.put(api, known);
        }
        return known;
    }

    private JsonNode asked(String method, String path, @Nullable String type, @Nullable String body)
            throws IOException {
        var answer = server.ask(method, path, type, body);
        if (answer.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }
}
