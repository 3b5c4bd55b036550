package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.kvasir.cluster.ApiClients;
import io.kvasir.testing.MockServers;
import io.kvasir.testing.ReservedPorts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * An API server in memory: objects are put and deleted beside its HTTP side, so that they can change while it is down. A
 * path can be refused with a status, and everything that is asked is noted.
 */
public final class TestCluster implements AutoCloseable {
    static final String NAMESPACE = "llm";

    private static final Pattern VERSION = Pattern.compile("[?&]resourceVersion=(\\d+)");
    private static final int REJECTED = 999;
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    private final KubernetesCrudDispatcher objects = new KubernetesCrudDispatcher();
    private final Map<String, Integer> refusals = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Dispatcher dispatcher = new Dispatcher() {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            asked.add(request.getMethod() + " " + request.getPath());
            if (!up) {
                // a connection that its closing has not reached yet hears no more of the cluster
                return status(503);
            }
            for (var refusal : refusals.entrySet()) {
                if (request.getPath().contains(refusal.getKey())) {
                    return status(refusal.getValue());
                }
            }
            return forgotten(request.getPath()) ? expired() : objects.dispatch(request);
        }
    };
    private final int port = ReservedPorts.next();
    private final KubernetesClient client;
    private MockWebServer server;
    private volatile boolean up = true;
    private volatile long oldest;

    public TestCluster() {
        QUIET.setLevel(Level.WARNING);
        server = server();
        client = ApiClients.forStreams(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                .withMasterUrl("http://localhost:" + port + "/")
                .withHttp2Disable(true)
                .build());
    }

    private MockWebServer server() {
        var started = new MockWebServer();
        started.setDispatcher(dispatcher);
        started.start(port);
        return started;
    }

    /** Whether a watch is to go on from before the server was up, of which it knows nothing. */
    private boolean forgotten(String path) {
        var version = VERSION.matcher(path);
        return path.contains("watch=true") && version.find() && Long.parseLong(version.group(1)) < oldest;
    }

    private static MockResponse status(int code) {
        return new MockResponse()
                .setResponseCode(code)
                .setHeader("Content-Type", "application/json")
                .setBody("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" + code
                        + ",\"message\":\"refused by the test\"}");
    }

    /** As a real server says it: a watch that begins well, and whose first event is the error. */
    private static MockResponse expired() {
        return new MockResponse()
                .setResponseCode(200)
                .setHeader("Content-Type", "application/json")
                .setBody("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                        + "\"status\":\"Failure\",\"message\":\"too old resource version: 5 (90)\","
                        + "\"reason\":\"Expired\",\"code\":410}}\n");
    }

    KubernetesClient client() {
        return client;
    }

    public String url() {
        return "http://localhost:" + port + "/";
    }

    /** Closes all connections and takes no new ones. */
    public void down() {
        up = false;
        MockServers.stop(server::shutdown);
    }

    /** Back at the same address, with the objects as they are now and no memory of how they became so. */
    public void up() {
        oldest = objects.requestResourceVersion();
        up = true;
        server = server();
    }

    /** Back at the same address after an outage of the network: it remembers all. */
    public void back() {
        up = true;
        server = server();
    }

    /** Back at the same address, refusing everything with that status until {@link #refuse} takes it back for {@code "/"}. */
    public void starting(int status) {
        refuse("/", status);
        up();
    }

    /** Answers with that status wherever the path contains that text; 0 for as usual again. */
    public void refuse(String path, int status) {
        if (status == 0) {
            refusals.remove(path);
        } else {
            refusals.put(path, status);
        }
    }

    /** Requests since the last call, as method and path. */
    List<String> asked() {
        var requests = List.copyOf(asked);
        asked.clear();
        return requests;
    }

    /** Creates or replaces. */
    public void put(HasMetadata object) {
        String path = path(object);
        String body = Serialization.asJson(object);
        int code = ask(HttpMethod.PUT, path + "/" + object.getMetadata().getName(), body);
        if (code == 404) {
            code = ask(HttpMethod.POST, path, body);
        }
        if (code == REJECTED && up) {
            var annotations = new HashMap<>(
                    object.getMetadata().getAnnotations() == null
                            ? Map.of()
                            : object.getMetadata().getAnnotations());
            annotations.put("example.com/again", annotations.getOrDefault("example.com/again", "") + "!");
            object.getMetadata().setAnnotations(annotations);
            put(object);
        } else if (code >= 300 && code != REJECTED) {
            throw new IllegalStateException(path + ": " + code);
        }
    }

    public void delete(HasMetadata object) {
        ask(HttpMethod.DELETE, path(object) + "/" + object.getMetadata().getName(), "");
    }

    private int ask(HttpMethod method, String path, String body) {
        try {
            return objects.dispatch(new RecordedRequest(
                            "HTTP/1.1", method, path, Headers.builder().build(), new Buffer().writeUtf8(body)))
                    .code();
        } catch (RejectedExecutionException _) {
            // done, but told to a watch whose connection closes at this moment: others may not have heard
            return REJECTED;
        }
    }

    private static String path(HasMetadata object) {
        String api = object.getApiVersion().contains("/") ? "/apis/" : "/api/";
        String plural = object instanceof GenericKubernetesResource
                ? object.getKind().toLowerCase(java.util.Locale.ROOT) + "s"
                : object.getPlural();
        String namespace = object.getMetadata().getNamespace();
        return api + object.getApiVersion() + (namespace == null ? "" : "/namespaces/" + namespace) + "/" + plural;
    }

    @Override
    public void close() {
        client.close();
        MockServers.stop(server::shutdown);
    }
}
