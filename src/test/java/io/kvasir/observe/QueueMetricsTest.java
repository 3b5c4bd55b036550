package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.QueueSnapshot;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What pages say of those who wait. */
class QueueMetricsTest {
    private static QueueSnapshot of(int tenants) {
        var all = IntStream.range(0, tenants)
                .mapToObj(i -> new QueueSnapshot.Tenant(i % 2, "t" + i, 1, 2, i, 10, 5, 0.001, 0.002))
                .toList();
        return new QueueSnapshot(List.of(), all, List.of(), 1, false, tenants, 0, 0);
    }

    @Test
    void tenantsBeyondTheBoundAreOneInEachBandAndNothingOfThemIsLost() {
        var shown = QueueMetrics.tenants(of(1_000));

        assertThat(shown).hasSize(QueueMetrics.MOST_TENANTS + 2);
        assertThat(shown.subList(QueueMetrics.MOST_TENANTS, shown.size()))
                .extracting(QueueSnapshot.Tenant::tenant)
                .containsOnly("(others)");
        assertThat(shown.stream().mapToLong(QueueSnapshot.Tenant::waiting).sum())
                .isEqualTo(1_000);
        assertThat(shown.stream()
                        .mapToDouble(QueueSnapshot.Tenant::servedTokens)
                        .sum())
                .isEqualTo(10_000);
        assertThat(shown.getLast().oldestWaitSeconds()).isEqualTo(999);
    }

    @Test
    void fewerAreShownAsTheyAre() {
        assertThat(QueueMetrics.tenants(of(QueueMetrics.MOST_TENANTS)))
                .isEqualTo(of(QueueMetrics.MOST_TENANTS).tenants());
    }
}
