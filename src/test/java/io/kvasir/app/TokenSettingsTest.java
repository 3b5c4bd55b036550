package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenSettingsTest {
    private static TokenSettings of(String... arguments) {
        return ServeSettings.of(List.of(arguments), Map.of()).engines().tokens();
    }

    @Test
    void aModelHasAFolder() {
        var settings = of("demo", "--tokenizers", "a/b=/models/b,c=d", "--tokenizers=e=f", "--tokenize-timeout=1s");
        assertThat(settings.folders())
                .containsExactly(
                        Map.entry("a/b", Path.of("/models/b")),
                        Map.entry("c", Path.of("d")),
                        Map.entry("e", Path.of("f")));
        assertThat(settings.byEngines()).isTrue();
        assertThat(settings.patience()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whatCannotBeUsedIsToldInOneLineWithTheKey() {
        assertThatThrownBy(() -> of("demo", "--tokenizers", "/models/b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("tokenizers: ")
                .hasMessageContaining("/models/b")
                .hasMessageContaining("allowed: MODEL=PATH");
        var settings = of("demo", "--tokenizers", "m=/none/such");
        assertThatThrownBy(() -> settings.load(new Pool(HardwareCatalogue.load()), null, System::nanoTime))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("tokenizers: /none/such cannot be read")
                .hasMessageNotContaining("\n");
    }

    @Test
    void nobodyIsAskedWhereThatIsSaid() {
        assertThat(of("demo", "--tokenize-by-engines=false")
                        .load(new Pool(HardwareCatalogue.load()), null, System::nanoTime))
                .isNull();
    }
}
