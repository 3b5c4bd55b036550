package io.kvasir.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessControlTest {
    private final ReviewingApi api = new ReviewingApi();
    private final KubernetesClient client = api.client();
    private final AtomicLong clock = new AtomicLong(1_000);
    private final AccessCounts counts = new AccessCounts();
    private final AccessControl control = new AccessControl(client, counts, clock::get);

    AccessControlTest() {
        api.users.put("good", "prometheus");
        api.users.put("weak", "somebody");
        api.grants.add("prometheus get /metrics");
    }

    @AfterEach
    void close() {
        control.close();
        client.close();
        api.close();
    }

    private Verdict decide(String token, String verb, String path) {
        return settled(control.decide(token, verb, path));
    }

    private static Verdict settled(CompletableFuture<Verdict> verdict) {
        return verdict.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void whoIsKnownAndGrantedMayPassAndNobodyElse() {
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.ALLOWED);
        assertThat(decide("good", "post", "/metrics")).isEqualTo(Verdict.NOT_ALLOWED);
        assertThat(decide("good", "get", "/api/endpoints")).isEqualTo(Verdict.NOT_ALLOWED);
        assertThat(decide("weak", "get", "/metrics")).isEqualTo(Verdict.NOT_ALLOWED);
        assertThat(decide("made up", "get", "/metrics")).isEqualTo(Verdict.BAD_TOKEN);
    }

    /** What Kubernetes grants to every account by its role {@code system:discovery}. */
    @Test
    void whatEverybodyMayAskOfAnApiServerIsNotGrantedHere() {
        api.grants.add("somebody get /api");
        api.grants.add("somebody get /api/endpoints");
        assertThat(decide("weak", "get", "/api")).isEqualTo(Verdict.NOT_ALLOWED);
        assertThat(decide("weak", "get", "/api/endpoints")).isEqualTo(Verdict.NOT_ALLOWED);

        api.grants.add("prometheus get /kvasir/api/endpoints");
        assertThat(decide("good", "get", "/api/endpoints")).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void aGrantIsRememberedForAMinuteAndARefusalForTenSeconds() {
        decide("good", "get", "/metrics");
        decide("made up", "get", "/metrics");
        api.users.remove("good");
        api.users.put("made up", "prometheus");

        clock.addAndGet(Duration.ofSeconds(9).toNanos());
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.ALLOWED);
        assertThat(decide("made up", "get", "/metrics")).isEqualTo(Verdict.BAD_TOKEN);
        assertThat(api.tokenReviews).hasValue(2);

        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(decide("made up", "get", "/metrics")).isEqualTo(Verdict.ALLOWED);
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.ALLOWED);
        assertThat(api.tokenReviews).hasValue(3);

        clock.addAndGet(Duration.ofSeconds(50).toNanos());
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.BAD_TOKEN);
    }

    @Test
    void verdictsInMemoryAreBounded() {
        for (int i = 0; i < AccessControl.VERDICTS + 100; i++) {
            decide("guess " + i, "get", "/metrics");
        }
        assertThat(api.tokenReviews).hasValue(AccessControl.VERDICTS + 100);

        decide("guess 100", "get", "/metrics");
        assertThat(api.tokenReviews).hasValue(AccessControl.VERDICTS + 100);
        decide("guess 99", "get", "/metrics");
        assertThat(api.tokenReviews).hasValue(AccessControl.VERDICTS + 101);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void aRouterThatMayNotReviewTokensRefuses(int status) {
        api.tokenStatus = status;
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.REVIEW_FORBIDDEN);
        assertThat(counts.failures()).isEqualTo(1);
        assertThat(api.accessReviews).hasValue(0);
    }

    @Test
    void aRouterThatMayNotReviewAccessRefuses() {
        api.accessStatus = 403;
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.REVIEW_FORBIDDEN);
    }

    @Test
    void anApiServerThatFailsIsAskedAgainASecondLater() {
        api.tokenStatus = 500;
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.REVIEW_UNAVAILABLE);
        api.tokenStatus = 201;
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.REVIEW_UNAVAILABLE);
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void anApiServerThatIsAwayIsNoGrant() {
        api.close();
        assertThat(decide("good", "get", "/metrics")).isEqualTo(Verdict.REVIEW_UNAVAILABLE);
    }

    @Test
    void callersWhoAskTheSameAtOnceShareOneReviewAndAFloodIsTurnedAway() throws IOException {
        var waiting = new ArrayList<CompletableFuture<Verdict>>();
        try (var mute = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
                var hanging = new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder()
                                .withMasterUrl("http://127.0.0.1:" + mute.getLocalPort())
                                .withRequestTimeout(60_000)
                                .withRequestRetryBackoffLimit(0)
                                .build())
                        .build();
                var flooded = new AccessControl(hanging, counts, clock::get)) {
            for (int i = 0; i < AccessControl.REVIEWS_AT_ONCE + AccessControl.REVIEWS_WAITING; i++) {
                waiting.add(flooded.decide("guess " + i, "get", "/metrics"));
                assertThat(flooded.decide("guess " + i, "get", "/metrics")).isSameAs(waiting.getLast());
            }
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            assertThat(flooded.decide("one more", "get", "/metrics")).isCompletedWithValue(Verdict.BUSY);
        }
        assertThat(waiting).allSatisfy(verdict -> assertThat(settled(verdict)).isEqualTo(Verdict.REVIEW_UNAVAILABLE));
    }
}
