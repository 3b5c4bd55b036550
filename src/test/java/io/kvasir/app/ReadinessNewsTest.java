package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReadinessNewsTest {
    private final ReadinessNews news = new ReadinessNews();

    private static Map<String, Boolean> conditions(boolean doors, boolean pool) {
        return new TreeMap<>(Map.of("doors", doors, "pool", pool));
    }

    @Test
    void onlyAChangeIsNewsHoweverOftenProbesAsk() {
        assertThat(news.of(Map.of())).isNull();
        assertThat(news.of(conditions(false, false))).isEqualTo("not ready for requests: doors, pool");
        assertThat(news.of(conditions(false, false))).isNull();
        assertThat(news.of(conditions(true, false))).isEqualTo("not ready for requests: pool");
        assertThat(news.of(conditions(true, true))).isEqualTo("ready for requests");
        assertThat(news.of(conditions(true, true))).isNull();
        assertThat(news.of(conditions(false, true))).isEqualTo("not ready for requests: doors");
    }
}
