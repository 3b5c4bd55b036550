package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogSettingsTest {
    private static LogSettings of(String args) {
        return ServeFlags.of(args.isEmpty() ? new String[0] : args.split(" ")).log();
    }

    @ParameterizedTest
    @CsvSource({
        "'', INFO, INFO",
        "--log-level DEBUG, DEBUG, DEBUG",
        "--log-level WARN, WARN, WARN",
        "--v 2, INFO, INFO",
        "--v 4, INFO, DEBUG",
        "-v=5, INFO, DEBUG",
        "--zap-log-level debug, INFO, DEBUG",
        "--zap-log-level 5, INFO, DEBUG",
        "--zap-log-level 1, INFO, INFO",
        "--zap-log-level error, ERROR, ERROR",
        "--zap-log-level panic, ERROR, ERROR",
        "--zap-log-level info --v 4, INFO, INFO",
        "--log-level WARN --zap-log-level debug --v 5, WARN, WARN"
    })
    void verbosityIsAboutOurOwnLinesAndOurOwnFlagOutranksIt(String args, String level, String own) {
        assertThat(of(args)).isEqualTo(new LogSettings(false, level, own, false));
    }

    @ParameterizedTest
    @CsvSource({
        "--zap-encoder json, true",
        "--zap-encoder=console, false",
        "--log-format json, true",
        "--log-format text --zap-encoder json, false"
    })
    void linesAreJsonByEitherName(String args, boolean json) {
        assertThat(of(args).json()).isEqualTo(json);
    }

    @Test
    void badValuesAreTold() {
        assertThatThrownBy(() -> of("--zap-encoder xml")).hasMessage("zap-encoder: xml; allowed: json or console");
        assertThatThrownBy(() -> of("--zap-log-level loud"))
                .hasMessage("zap-log-level: loud; allowed: debug, info, warn, error, panic or a number");
        assertThatThrownBy(() -> of("--v high")).hasMessage("v: high; allowed: 0 to 127");
    }
}
