package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KvasirTest {
    @Test
    void runs() {
        assertThat(1 + 1).isEqualTo(2);
    }
}
