package io.kvasir.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeadershipTest {
    private static LeaseSettings often(String identity) {
        var lease = LeaseApi.lease(identity);
        return new LeaseSettings(lease.namespace(), lease.name(), identity, lease.duration(), Duration.ofMillis(20));
    }

    @Test
    void theNextLeadsAsSoonAsTheLeaderEnds() {
        try (var api = new LeaseApi();
                var two = startSecond(api)) {
            assertThat(two.leading()).isFalse();
            await().until(two::leading);
            assertThat(two.rounds(Round.TAKEN)).isEqualTo(1);
        }
    }

    /** A second that has seen a first, which has ended. */
    private static Leadership startSecond(LeaseApi api) {
        try (var one = Leadership.start(api.client, often("one"), () -> true)) {
            await().until(one::leading);
            var two = Leadership.start(api.client, often("two"), () -> true);
            await().until(() -> two.rounds(Round.FOLLOWED) > 1);
            assertThat(two.leading()).isFalse();
            return two;
        }
    }

    @Test
    void theLeaseIsFreeAfterTheEnd() {
        try (var api = new LeaseApi()) {
            try (var one = Leadership.start(api.client, often("one"), () -> true)) {
                await().until(one::leading);
            }
            assertThat(api.lease().getSpec().getHolderIdentity()).isEmpty();
        }
    }

    @Test
    void anEndWithoutAnApiServerTakesNoLong() {
        try (var api = new LeaseApi();
                var one = Leadership.start(api.client, often("one"), () -> true)) {
            await().until(one::leading);
            api.away();
            await().until(() -> one.rounds(Round.UNAVAILABLE) > 0);
            assertThat(one.leading()).isTrue();
        }
    }
}
