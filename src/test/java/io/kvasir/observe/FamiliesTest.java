package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Pages of metrics. */
class FamiliesTest {
    @Test
    void aFamilyIsBoundedAndWhatIsLeftOutIsCounted() {
        var overflow = new Families.Overflow();
        var families = new Families(overflow);
        for (int i = 0; i < Families.MOST_SERIES + 7; i++) {
            families.gauge("kvasir_of_the_test", "Many.", i, "which", Integer.toString(i));
        }
        families.counter("kvasir_other", "One.", 1);

        var all = families.all();
        assertThat(all.get(0).samples).hasSize(Families.MOST_SERIES);
        assertThat(all.get(1).samples).hasSize(1);
        assertThat(all.get(2).samples).singleElement().satisfies(sample -> {
            assertThat(sample.name).isEqualTo("kvasir_metrics_left_out_total");
            assertThat(sample.value).isEqualTo(7);
        });
    }
}
