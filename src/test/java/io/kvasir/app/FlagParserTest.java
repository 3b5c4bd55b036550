package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlagParserTest {
    private static FlagParser.Parsed parse(String... args) {
        return new FlagParser().parse(List.of(args));
    }

    @Test
    void aValueIsTheNextArgumentOrStandsBehindAnEqualsSign() {
        assertThat(parse("--grpc-port", "1", "--metrics-port=2", "-http-port=3", "-mode", "both")
                        .values())
                .isEqualTo(Map.of("grpc-port", "1", "metrics-port", "2", "http-port", "3", "mode", "both"));
    }

    @Test
    void aBareSwitchIsOnWhateverFlagFollows() {
        assertThat(parse("--ha-enable-leader-election", "--enable-cert-reload", "--grpc-port", "1")
                        .values())
                .isEqualTo(Map.of("ha-enable-leader-election", "true", "enable-cert-reload", "true", "grpc-port", "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false", "True", "FALSE", "t", "f", "1", "0", "\"false\""})
    void aSwitchTakesAFollowingLiteral(String literal) {
        assertThat(parse("--secure-serving", literal, "--grpc-port", "1").values())
                .containsEntry("secure-serving", literal.replace("\"", ""))
                .containsEntry("grpc-port", "1");
    }

    @Test
    void quotesThatAShellWouldHaveTakenAreStripped() {
        assertThat(parse("--cert-path=\"/certs\"", "--endpoints", "\"a.yaml\"", "--client-ca-file=\"\"")
                        .values())
                .isEqualTo(Map.of("cert-path", "/certs", "endpoints", "a.yaml", "client-ca-file", ""));
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(parse("--cert-path", "", "--endpoints=").values())
                .isEqualTo(Map.of("cert-path", "", "endpoints", ""));
    }

    @Test
    void anEmptyWordThatIsNobodysValueIsNothing() {
        assertThat(parse("", "--grpc-health-port", "9003", "", "--secure-serving", "", "--enable-cert-reload=true", "")
                        .values())
                .isEqualTo(Map.of("grpc-health-port", "9003", "secure-serving", "true", "enable-cert-reload", "true"));
    }

    @Test
    void ofAFlagGivenTwiceTheLastCountsAndListsGrow() {
        assertThat(parse(
                                "--grpc-port=1",
                                "--grpc-port=2",
                                "--endpoint-target-ports=3",
                                "--endpoint-target-ports",
                                "4,5")
                        .values())
                .isEqualTo(Map.of("grpc-port", "2", "endpoint-target-ports", "3,4,5"));
    }

    @Test
    void aFlagBeforeAnotherOrAtTheEndHasNoValue() {
        assertThatThrownBy(() -> parse("--grpc-port"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("--grpc-port: no value; allowed: PORT");
        assertThatThrownBy(() -> parse("--grpc-port", "--metrics-port", "1"))
                .isInstanceOf(ConfigurationException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"word", "-", "--"})
    void aStrayWordStopsTheStart(String word) {
        assertThatThrownBy(() -> parse(word)).hasMessage("unexpected argument " + word + "; flags start with --");
    }

    @ParameterizedTest
    @EnumSource(FlagWithoutEffect.class)
    void aFlagWithNothingToActOnSaysWhyInOneLine(FlagWithoutEffect flag) {
        var separate = parse("--" + flag.key(), "5s", "--grpc-port", "1");
        var joined = parse("--" + flag.key() + "=5s");
        var bare = parse("--" + flag.key());

        assertThat(separate.values()).isEqualTo(Map.of("grpc-port", "1"));
        assertThat(separate.withoutEffect()).containsExactly("--" + flag.key() + " has no effect: " + flag.reason());
        assertThat(joined.withoutEffect()).isEqualTo(separate.withoutEffect());
        assertThat(bare.withoutEffect()).isEqualTo(separate.withoutEffect());
        assertThat(separate.unknown()).isEmpty();
    }

    @Test
    void whatIsOffHereMayBeSwitchedOffInSilence() {
        assertThat(parse("--zap-devel=false", "--enable-pprof", "false").withoutEffect())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"metric-endpoint-auth, metrics-endpoint-auth", "grpc-prot, grpc-port"})
    void anUnknownFlagNamesTheNearest(String unknown, String nearest) {
        assertThat(parse("--" + unknown, "value", "--mode", "both"))
                .isEqualTo(new FlagParser.Parsed(
                        Map.of("mode", "both"),
                        List.of(),
                        List.of("unknown flag --" + unknown + "; did you mean --" + nearest + "?")));
    }
}
