package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed by words, and what starts nothing. */
class SubcommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String args) {
        return Kvasir.run(List.of(args.split(" ")), new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private static boolean serves(String args) {
        return Kvasir.serves(args.isEmpty() ? List.of() : List.of(args.split(" ")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "version",
                "--version",
                "-V",
                "serve --version",
                "demo --version",
                "simulate --version",
                "load-test --version",
                "replay --version",
                "check --version",
                "help --version",
                "--version --endpoints pool.yaml",
                "--endpoint pool.yaml --version"
            })
    void theVersionIsPrintedAndNothingStarted(String args) {
        assertThat(serves(args)).isFalse();
        assertThat(run(args)).isZero();
        assertThat(out.toString()).startsWith("kvasir ").hasLineCount(1);
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "help",
                "--help",
                "-h",
                "serve --help",
                "serve -h",
                "demo --help",
                "simulate --help",
                "load-test --help",
                "replay --help",
                "load-test ext-proc --help",
                "check --help",
                "help serve",
                "help simulate",
                "help load-test",
                "help replay",
                "help check",
                "help demo",
                "help help",
                "version --help",
                "--help --endpoints pool.yaml",
                "serve --endpoint x --help",
                "simulate --bogus --help",
                "check --policy best -h"
            })
    void helpIsPrintedAndNothingStarted(String args) {
        assertThat(serves(args)).isFalse();
        assertThat(run(args)).isZero();
        assertThat(out.toString().lines().count()).isGreaterThan(5);
        assertThat(out.toString().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "demo", "serve", "--endpoints pool.yaml", "-v 4", "demo --http-port 1", "-v"})
    void theseServeOrAreRefusedByTheirFlags(String args) {
        assertThat(serves(args)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"serv", "Serve", "foo", "help foo", "foo --help", "foo --version", "pool.yaml"})
    void anUnknownSubcommandStartsNothing(String args) {
        assertThat(serves(args)).isFalse();
        assertThat(run(args)).isEqualTo(2);
        assertThat(err.toString())
                .hasLineCount(1)
                .startsWith("kvasir: unknown subcommand ")
                .contains("allowed: serve, demo, simulate, load-test, replay, check, version, help");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void anAlmostRightSubcommandIsNamed() {
        run("simluate");
        assertThat(err.toString()).contains("did you mean simulate?");
    }

    @Test
    void theOverviewBeginsWithTheSubcommandsALineEach() {
        run("help");
        for (String name : List.of("serve", "demo", "simulate", "load-test", "replay", "check", "version", "help")) {
            assertThat(out.toString()
                            .lines()
                            .filter(line -> line.startsWith("  kvasir " + name + " ") && line.length() > 27))
                    .as(name)
                    .isNotEmpty();
        }
    }

    @Test
    void theHelpOfServeHasEveryFlagOnceUnderASubject() {
        run("serve --help");
        var lines = out.toString().lines().toList();
        for (Flag flag : Flag.values()) {
            assertThat(lines.stream()
                            .filter(line ->
                                    line.equals("  --" + flag.key()) || line.startsWith("  --" + flag.key() + " ")))
                    .as(flag.key())
                    .hasSize(1);
        }
        var subjects = lines.stream()
                .filter(line -> !line.startsWith(" ") && !line.isEmpty())
                .toList();
        assertThat(subjects)
                .containsSubsequence(
                        "Where endpoints come from: one of endpoints, pool-name and endpoint-selector",
                        "Doors",
                        "Routing",
                        "Engines",
                        "The endpoint picker (Envoy's external processing)",
                        "The management port, and which replica is ready",
                        "Log",
                        "Settings");
        assertThat(lines.indexOf("  --endpoints FILE")).isGreaterThan(lines.indexOf(subjects.get(0)));
        assertThat(lines.indexOf("  kvasir version           print the version"))
                .isBetween(1, lines.indexOf("  --endpoints FILE"));
    }
}
