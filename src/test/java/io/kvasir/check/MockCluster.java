package io.kvasir.check;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.kvasir.testing.MockServers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import java.util.logging.Logger;

/** An API server in memory that reviews access: everything is allowed but what is denied. */
final class MockCluster implements AutoCloseable {
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    private final KubernetesCrudDispatcher objects = new KubernetesCrudDispatcher();
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private final MockWebServer server = new MockWebServer();

    /** Methods and paths that were asked, and the user on whose behalf. */
    final List<String> asked = new CopyOnWriteArrayList<>();

    MockCluster() {
        QUIET.setLevel(Level.WARNING);
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                String user = request.getHeader("Impersonate-User");
                asked.add(request.getMethod() + " " + request.getPath() + (user == null ? "" : " as " + user));
                return request.getPath().endsWith("/selfsubjectaccessreviews")
                        ? review(request.getBody().readUtf8())
                        : objects.dispatch(request);
            }
        });
        server.start(0);
    }

    private MockResponse review(String body) {
        var review = Serialization.unmarshal(body, SelfSubjectAccessReview.class);
        var attributes = review.getSpec().getResourceAttributes();
        boolean allowed = !denied.contains(attributes.getResource())
                && !denied.contains(attributes.getResource() + "/" + attributes.getVerb());
        return new MockResponse()
                .setResponseCode(201)
                .setHeader("Content-Type", "application/json")
                .setBody(Serialization.asJson(new SelfSubjectAccessReviewBuilder(review)
                        .withNewStatus()
                        .withAllowed(allowed)
                        .endStatus()
                        .build()));
    }

    Config config() {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("http://localhost:" + server.getPort() + "/")
                .withHttp2Disable(true)
                .build();
    }

    /** Denies a resource, or one verb of it: {@code pods/watch}. */
    void deny(String what) {
        denied.add(what);
    }

    /** Creates an object at a path such as {@code /api/v1/nodes}. */
    void create(String path, String yaml) {
        var json = Serialization.asJson(Serialization.unmarshal(yaml, Map.class));
        int code = objects.dispatch(new RecordedRequest(
                        "HTTP/1.1", HttpMethod.POST, path, Headers.builder().build(), new Buffer().writeUtf8(json)))
                .code();
        if (code >= 300) {
            throw new IllegalStateException(path + ": " + code);
        }
    }

    @Override
    public void close() {
        MockServers.stop(server::shutdown);
    }
}
