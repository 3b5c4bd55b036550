package io.kvasir.access;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.utils.ResponseProvider;
import io.kvasir.testing.MockServers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** An API server that reviews tokens and access, as its tables say. */
public final class ReviewingApi implements AutoCloseable {
    public static final String TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
    public static final String ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    private static final int CREATED = 201;

    /** Tells each request. */
    private static final Logger CHATTER = Logger.getLogger("io.fabric8.mockwebserver");

    /** Names by token. */
    public final Map<String, String> users = new ConcurrentHashMap<>();

    /** {@code user verb path} of what is granted. */
    public final Set<String> grants = ConcurrentHashMap.newKeySet();

    final AtomicInteger tokenReviews = new AtomicInteger();
    final AtomicInteger accessReviews = new AtomicInteger();
    volatile int tokenStatus = CREATED;
    volatile int accessStatus = CREATED;
    private final KubernetesMockServer server = new KubernetesMockServer(false);

    public ReviewingApi() {
        CHATTER.setLevel(Level.WARNING);
        server.expect()
                .post()
                .withPath(TOKEN_REVIEWS)
                .andReply(new Answer(() -> tokenStatus, this::token))
                .always();
        server.expect()
                .post()
                .withPath(ACCESS_REVIEWS)
                .andReply(new Answer(() -> accessStatus, this::access))
                .always();
        server.init();
    }

    private Object token(RecordedRequest request) {
        tokenReviews.incrementAndGet();
        var asked = Serialization.unmarshal(request.getUtf8Body(), TokenReview.class);
        String user = users.get(asked.getSpec().getToken());
        var status = new TokenReviewBuilder(asked).editOrNewStatus().withAuthenticated(user != null);
        if (user == null) {
            return status.withError("no such token").endStatus().build();
        }
        return status.withNewUser()
                .withUsername(user)
                .withUid("uid of " + user)
                .withGroups("system:authenticated")
                .addToExtra("scope", List.of("all"))
                .endUser()
                .endStatus()
                .build();
    }

    private Object access(RecordedRequest request) {
        accessReviews.incrementAndGet();
        var asked = Serialization.unmarshal(request.getUtf8Body(), SubjectAccessReview.class);
        var spec = asked.getSpec();
        var what = spec.getNonResourceAttributes();
        boolean whole = spec.getUid().equals("uid of " + spec.getUser())
                && spec.getGroups().contains("system:authenticated")
                && spec.getExtra().containsKey("scope");
        boolean granted = grants.contains(spec.getUser() + " " + what.getVerb() + " " + what.getPath());
        return new SubjectAccessReviewBuilder(asked)
                .withNewStatus()
                .withAllowed(whole && granted)
                .endStatus()
                .build();
    }

    /** A client that waits for no answer longer than two seconds. */
    KubernetesClient client() {
        return server.createClient(builder -> builder.editOrNewConfig()
                .withRequestTimeout(2_000)
                .withConnectionTimeout(2_000)
                .withRequestRetryBackoffLimit(0)
                .endConfig());
    }

    public String url() {
        return server.url("/");
    }

    @Override
    public void close() {
        MockServers.stop(server::destroy);
    }

    private static final class Answer implements ResponseProvider<Object> {
        private final IntSupplier status;
        private final Function<RecordedRequest, Object> body;
        private Headers headers = new Headers.Builder().build();

        Answer(IntSupplier status, Function<RecordedRequest, Object> body) {
            this.status = status;
            this.body = body;
        }

        @Override
        public int getStatusCode(RecordedRequest request) {
            return status.getAsInt();
        }

        @Override
        public Object getBody(RecordedRequest request) {
            return body.apply(request);
        }

        @Override
        public Headers getHeaders() {
            return headers;
        }

        @Override
        public void setHeaders(Headers newHeaders) {
            headers = newHeaders;
        }
    }
}
