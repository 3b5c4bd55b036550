package io.kvasir.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseElectionTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final LeaseApi api = new LeaseApi();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicBoolean serving = new AtomicBoolean(true);
    private final LeaseElection one = candidate("one");
    private final LeaseElection two = candidate("two");

    private LeaseElection candidate(String identity) {
        return new LeaseElection(
                api.client, LeaseApi.lease(identity), serving::get, () -> NOON.plusNanos(nanos.get()), nanos::get);
    }

    @AfterEach
    void close() {
        api.close();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void theFirstTakesTheLeaseAndTheOthersFollow() {
        assertThat(one.round()).isEqualTo(Round.TAKEN);
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
        pass(Duration.ofSeconds(2));
        assertThat(one.round()).isEqualTo(Round.RENEWED);

        assertThat(one.leading()).isTrue();
        assertThat(two.leading()).isFalse();
        assertThat(two.holder()).isEqualTo("one");
        var spec = api.lease().getSpec();
        assertThat(spec.getHolderIdentity()).isEqualTo("one");
        assertThat(spec.getLeaseDurationSeconds()).isEqualTo(15);
        assertThat(spec.getLeaseTransitions()).isEqualTo(1);
        assertThat(spec.getRenewTime().toInstant()).isEqualTo(NOON.plusSeconds(2));
        assertThat(spec.getAcquireTime().toInstant()).isEqualTo(NOON);
    }

    /** The verbs get, create and update, which are all that the chart grants. */
    @Test
    void aLeaseIsReadCreatedAndReplacedAndNothingElse() throws InterruptedException {
        one.round();
        two.round();
        pass(Duration.ofSeconds(2));
        one.round();
        pass(Duration.ofSeconds(20));
        two.round();
        two.release();
        one.round();

        String leases = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";
        String lease = leases + "/kvasir-ns-pool";
        assertThat(api.asked()).containsExactlyInAnyOrder("GET " + lease, "POST " + leases, "PUT " + lease);
    }

    @Test
    void aLeaderThatIsSilentForTheLeasesDurationIsSucceeded() {
        one.round();
        two.round();
        pass(Duration.ofSeconds(14));
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
        pass(Duration.ofSeconds(1));
        assertThat(two.round()).isEqualTo(Round.TAKEN);
        assertThat(api.lease().getSpec().getLeaseTransitions()).isEqualTo(2);

        assertThat(one.leading()).isTrue();
        assertThat(one.round()).isEqualTo(Round.FOLLOWED);
        assertThat(one.leading()).isFalse();
    }

    @Test
    void expiryCountsFromTheLastChangeSeenAndNotFromTheTimesWritten() {
        one.round();
        pass(Duration.ofHours(1));
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
    }

    @Test
    void aReleasedLeaseIsTakenAtOnce() {
        one.round();
        two.round();
        assertThat(one.release()).isEqualTo(Round.LEFT);
        assertThat(one.leading()).isFalse();
        assertThat(two.round()).isEqualTo(Round.TAKEN);
        assertThat(two.release()).isEqualTo(Round.LEFT);
        assertThat(one.release()).isEqualTo(Round.FOLLOWED);
    }

    @Test
    void whatAnotherTookMeanwhileIsNotReleased() {
        one.round();
        two.round();
        pass(Duration.ofSeconds(15));
        two.round();
        assertThat(one.release()).isEqualTo(Round.FOLLOWED);
        assertThat(api.lease().getSpec().getHolderIdentity()).isEqualTo("two");
    }

    @Test
    void aReplicaThatCouldNotServeTakesNoLease() {
        serving.set(false);
        assertThat(one.round()).isEqualTo(Round.LEFT);
        assertThat(api.lease()).isNull();
        serving.set(true);
        one.round();
        one.release();
        serving.set(false);
        assertThat(two.round()).isEqualTo(Round.LEFT);
        assertThat(two.leading()).isFalse();
    }

    @Test
    void aReplicaThatComesBackGoesOnWithItsOwnLease() {
        one.round();
        var again = candidate("one");
        serving.set(false);
        assertThat(again.round()).isEqualTo(Round.LEFT);
        serving.set(true);
        assertThat(again.round()).isEqualTo(Round.RENEWED);
        assertThat(again.leading()).isTrue();
    }

    @Test
    void ofTwoWhoWriteAtOnceOneSucceeds() {
        one.round();
        one.release();
        api.fail(HttpMethod.PUT, 409, 1);
        assertThat(two.round()).isEqualTo(Round.CONFLICT);
        assertThat(two.leading()).isFalse();
        assertThat(one.round()).isEqualTo(Round.TAKEN);
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
    }

    @Test
    void anOldVersionOfTheLeaseIsNotWritten() {
        one.round();
        var stale = api.lease();
        pass(Duration.ofSeconds(2));
        one.round();
        assertThatThrownBy(() -> api.client.resource(stale).update())
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void aLeaseWithoutASpecIsFree() {
        var empty = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName(LeaseApi.LEASE.name())
                .endMetadata()
                .build();
        api.client.resource(empty).create();
        assertThat(one.round()).isEqualTo(Round.TAKEN);
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 503, 403, 401})
    void aLeaderGoesOnWhileTheApiServerFailsHoweverLong(int status) {
        one.round();
        two.round();
        api.fail(HttpMethod.GET, status, 60);
        for (int i = 0; i < 30; i++) {
            pass(Duration.ofSeconds(2));
            assertThat(one.round().failed()).isTrue();
            assertThat(two.round().failed()).isTrue();
            assertThat(one.leading()).isTrue();
            assertThat(two.leading()).isFalse();
        }
        // back again: who could not see the leader renew waits, and so the lead does not change with every outage
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
        pass(Duration.ofSeconds(14));
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
        assertThat(one.round()).isEqualTo(Round.RENEWED);
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
    }

    @Test
    void aLeaderThatDiedInAnOutageIsSucceededAfterIt() {
        one.round();
        two.round();
        api.fail(HttpMethod.GET, 500, 1);
        pass(Duration.ofSeconds(60));
        assertThat(two.round()).isEqualTo(Round.UNAVAILABLE);
        assertThat(two.round()).isEqualTo(Round.FOLLOWED);
        pass(Duration.ofSeconds(15));
        assertThat(two.round()).isEqualTo(Round.TAKEN);
    }

    @Test
    void aLeaderThatCannotRenewStepsDownOnceAnotherLeads() {
        one.round();
        two.round();
        api.fail(HttpMethod.PUT, 500, 1);
        pass(Duration.ofSeconds(15));
        assertThat(one.round()).isEqualTo(Round.UNAVAILABLE);
        assertThat(one.leading()).isTrue();
        assertThat(two.round()).isEqualTo(Round.TAKEN);
        assertThat(one.round()).isEqualTo(Round.FOLLOWED);
        assertThat(one.leading()).isFalse();
    }

    @Test
    void withoutAnApiServerNobodyBecomesLeader() {
        api.away();
        assertThat(one.round()).isEqualTo(Round.UNAVAILABLE);
        assertThat(one.leading()).isFalse();
        assertThat(one.failure()).isNotEmpty();
    }

    @Test
    void whoMayNotUseLeasesDoesNotLead() {
        api.fail(HttpMethod.POST, 403, 1);
        assertThat(one.round()).isEqualTo(Round.FORBIDDEN);
        assertThat(one.leading()).isFalse();
    }
}
