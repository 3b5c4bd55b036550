package io.kvasir.access;

import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kvasir.failure.FailureText;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;

/**
 * Asks the API server: {@code authentication.k8s.io/v1} TokenReview, then {@code authorization.k8s.io/v1}
 * SubjectAccessReview for a non-resource URL. Both calls block.
 */
final class ApiReviews {
    private final KubernetesClient client;

    ApiReviews(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Reviews a token and what its owner may ask.
     *
     * @param verb as RBAC has it, such as {@code get}
     * @return {@code ALLOWED}, {@code BAD_TOKEN} or {@code NOT_ALLOWED}
     * @throws ReviewException if the API server cannot be asked or answers nothing usable
     */
    Verdict review(String token, String verb, String path) throws ReviewException {
        try {
            var review = client.tokenReviews()
                    .create(new TokenReviewBuilder()
                            .withNewSpec()
                            .withToken(token)
                            .endSpec()
                            .build());
            var status = review.getStatus();
            if (status == null) {
                throw new ReviewException(Verdict.REVIEW_UNAVAILABLE, "a token review came back without a status");
            }
            // an error beside it tells why a token is not valid, or that an authenticator failed
            boolean known = Boolean.TRUE.equals(status.getAuthenticated()) && status.getUser() != null;
            return known && mayAsk(status.getUser(), verb, path)
                    ? Verdict.ALLOWED
                    : known ? Verdict.NOT_ALLOWED : Verdict.BAD_TOKEN;
        } catch (KubernetesClientException e) {
            throw refused(e);
        }
    }

    private boolean mayAsk(UserInfo user, String verb, String path) throws ReviewException {
        var review = client.authorization()
                .v1()
                .subjectAccessReview()
                .create(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser(user.getUsername())
                        .withUid(user.getUid())
                        .withGroups(user.getGroups() == null ? List.of() : user.getGroups())
                        .withExtra(user.getExtra() == null ? Map.of() : user.getExtra())
                        .withNewNonResourceAttributes()
                        .withPath(path)
                        .withVerb(verb)
                        .endNonResourceAttributes()
                        .endSpec()
                        .build());
        var status = review.getStatus();
        if (status == null) {
            throw new ReviewException(Verdict.REVIEW_UNAVAILABLE, "an access review came back without a status");
        }
        return Boolean.TRUE.equals(status.getAllowed()) && !Boolean.TRUE.equals(status.getDenied());
    }

    private static ReviewException refused(KubernetesClientException e) {
        return switch (e.getCode()) {
            case HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_UNAUTHORIZED ->
                new ReviewException(
                        Verdict.REVIEW_FORBIDDEN,
                        "our service account may not create tokenreviews (authentication.k8s.io) and"
                                + " subjectaccessreviews (authorization.k8s.io); grant both, or turn reviews off with"
                                + " --metrics-endpoint-auth=false");
            default ->
                new ReviewException(Verdict.REVIEW_UNAVAILABLE, "the API server gave no answer: " + FailureText.of(e));
        };
    }
}
