package io.kvasir.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of headers, and what is believed of them. */
class RoutingHeaderTest {
    private static final String HEAD = "| header | says | set by | at the proxy | at the picker |";

    private static String row(RoutingHeader header) {
        var names = header.names().stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
        return "| " + names + " | " + header.meaning() + " | " + header.by().words() + " | "
                + header.at(Door.PROXY).words() + " | " + header.at(Door.PICKER).words() + " |";
    }

    @Test
    void theDocumentationHasTheTable() throws IOException {
        var lines = Files.readAllLines(Path.of("docs/protocols.md"));
        int head = lines.indexOf(HEAD);

        var rows = Arrays.stream(RoutingHeader.values())
                .map(RoutingHeaderTest::row)
                .toList();
        assertThat(lines.subList(head + 2, head + 2 + rows.size())).containsExactlyElementsOf(rows);
        assertThat(lines.get(head + 2 + rows.size())).isBlank();
    }

    @ParameterizedTest
    @EnumSource
    void everyNameFindsItsRow(RoutingHeader header) {
        for (String name : header.names()) {
            if (name.endsWith("*")) {
                assertThat(RoutingHeader.of(name.replace("*", "anything"))).isEqualTo(header);
            } else {
                assertThat(RoutingHeader.of(name)).isEqualTo(header);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatNobodyMaySetReachesNoEngineByEitherDoor(RoutingHeader header) {
        if (header.by() == RoutingHeader.By.NOBODY) {
            assertThat(header.at(Door.PROXY).passed(true)).isFalse();
            assertThat(header.at(Door.PICKER).passed(true)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatClientsMaySetIsBelievedAtBothDoorsAndWhatGatewaysMayAtThePicker(RoutingHeader header) {
        switch (header.by()) {
            case CLIENT ->
                assertThat(header.at(Door.PROXY).read())
                        .isTrue()
                        .isEqualTo(header.at(Door.PICKER).read());
            case GATEWAY, TRUSTED_PROXY, NOBODY ->
                assertThat(header.at(Door.PROXY).read()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "x-data-parallel-rank, CHOICES",
        "x-data-parallel-host-port, CHOICES",
        "x-prefiller-url, CHOICES",
        "x-gateway-destination-endpoint-subset, CHOICES",
        "x-gateway-something, ROUTERS",
        "x-kvasir-endpoint, CHOICES",
        "x-stainless-retry-count, RETRIES",
        "x-stainless-lang,",
        "session_id, SESSION",
        "session,",
        "authorization,",
        "accept,",
        "from,",
        "te,",
        "'',"
    })
    void familiesAreKnownByTheirBeginning(String name, RoutingHeader row) {
        assertThat(RoutingHeader.of(name)).isEqualTo(row);
    }

    private static HeaderReader reader(Door door, String... namesAndValues) {
        var reader = new HeaderReader(door, true);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            var row = RoutingHeader.of(namesAndValues[i]);
            if (row != null) {
                reader.read(row, namesAndValues[i], namesAndValues[i + 1]);
            }
        }
        return reader;
    }

    @ParameterizedTest
    @EnumSource
    void aNewerNameGoesBeforeAnOlderOneInEitherOrder(Door door) {
        var objective = RoutingHeader.OBJECTIVE.names();

        assertThat(reader(door, objective.get(1), "old").value(RoutingHeader.OBJECTIVE))
                .isEqualTo("old");
        assertThat(reader(door, objective.get(1), "old", objective.get(0), "new")
                        .headers()
                        .objective())
                .isEqualTo("new");
        assertThat(reader(door, objective.get(0), "new", objective.get(1), "old")
                        .headers()
                        .objective())
                .isEqualTo("new");
    }

    @ParameterizedTest
    @EnumSource
    void theLastOfOneNameCountsAndABlankOneDoesNot(Door door) {
        assertThat(reader(door, "x-session-id", "a", "x-session-id", "b", "x-session-id", " ")
                        .headers()
                        .sessionId())
                .isEqualTo("b");
    }

    @ParameterizedTest
    @EnumSource
    void timesAreReadAsMillisecondsAndNonsenseIsNone(Door door) {
        var read = reader(door, "x-llm-d-slo-ttft-ms", "250", "x-slo-tpot-ms", "soon")
                .headers();

        assertThat(read.ttftSlo()).isEqualTo(0.25);
        assertThat(read.tpotSlo()).isNaN();
    }

    @ParameterizedTest
    @EnumSource
    void anIdThatIsUnfitIsNone(Door door) {
        assertThat(reader(door, "x-request-id", "r-1").requestId()).isEqualTo("r-1");
        assertThat(reader(door, "x-request-id", "a b").requestId()).isNull();
        assertThat(reader(door, "x-request-id", "x".repeat(129)).requestId()).isNull();
    }

    @Test
    void aGatewaysModelIsBelievedBehindAGatewayOnly() {
        assertThat(reader(Door.PROXY, "x-gateway-model-name", "m").value(RoutingHeader.GATEWAY_MODEL))
                .isNull();
        assertThat(reader(Door.PICKER, "x-gateway-model-name", "m").value(RoutingHeader.GATEWAY_MODEL))
                .isEqualTo("m");
    }

    @Test
    void whoSaysWhoseARequestIsHasToBeTrusted() {
        var said = new HeaderReader(Door.PROXY, false);
        var behindAGateway = new HeaderReader(Door.PICKER, false);
        for (var row : new RoutingHeader[] {RoutingHeader.OBJECTIVE, RoutingHeader.FAIRNESS}) {
            said.read(row, row.key(), "acme");
            behindAGateway.read(row, row.key(), "acme");
        }
        said.read(RoutingHeader.SESSION, "x-session-id", "s1");

        assertThat(said.headers().fairnessId()).isNull();
        assertThat(said.headers().objective()).isNull();
        assertThat(said.headers().sessionId()).isEqualTo("s1");
        assertThat(said.doubted()).isTrue();
        assertThat(behindAGateway.headers().fairnessId()).isEqualTo("acme");
        assertThat(behindAGateway.headers().objective()).isEqualTo("acme");
        assertThat(behindAGateway.doubted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void conversationsAreFoundByWhateverNameInTheOrderOfTheTable(Door door) {
        var names = RoutingHeader.SESSION.names();

        for (int i = 0; i < names.size(); i++) {
            for (int j = 0; j < names.size(); j++) {
                var read = reader(door, names.get(i), "i" + i, names.get(j), "i" + j);
                assertThat(read.headers().sessionId()).isEqualTo("i" + Math.min(i, j));
            }
        }
        assertThat(reader(door, "x-client-request-id", "r").headers().sessionId())
                .isNull();
        assertThat(reader(door, "x-parent-session-id", "p").headers().parentSessionId())
                .isEqualTo("p");
    }

    @Test
    void headersThatWereConfiguredNameConversationsFirst() {
        var rules = new TrafficRules();
        rules.headers(Set.of("x-zone"));
        rules.sessionHeaders(List.of("x-task", "x-thread"));
        var reader = new HeaderReader(Door.PICKER, true, rules);
        assertThat(rules.headers()).containsExactlyInAnyOrder("x-zone", "x-task", "x-thread");

        reader.read(RoutingHeader.SESSION, "session-id", "known");
        assertThat(reader.headers().sessionId()).isEqualTo("known");
        reader.other("x-thread", "second");
        assertThat(reader.headers().sessionId()).isEqualTo("second");
        reader.other("x-task", "first");
        assertThat(reader.headers().sessionId()).isEqualTo("first");

        rules.headers(Set.of());
        assertThat(rules.headers()).containsExactlyInAnyOrder("x-task", "x-thread");
    }

    @ParameterizedTest
    @EnumSource
    void namesThatAreTooLongAreNone(Door door) {
        String longest = "x".repeat(256);

        assertThat(reader(door, "x-session-id", longest).headers().sessionId()).isEqualTo(longest);
        assertThat(reader(door, "x-session-id", longest + "x").headers().sessionId())
                .isNull();
        assertThat(reader(door, RoutingHeader.FAIRNESS.key(), longest + "x")
                        .headers()
                        .fairnessId())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({"1500ms, 1.5", "1m30s, 90", "0.5h, 1800", "2s , 2", "30, NaN", "0, NaN", "-5s, NaN", "soon, NaN"})
    void aTtlIsADurationAsGoWritesIt(String text, double seconds) {
        assertThat((Double) reader(Door.PICKER, "x-llm-d-inference-ttl", text)
                        .headers()
                        .ttl())
                .isEqualTo((Double) seconds);
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "-1, 0", "many, 0", "99999, 1000"})
    void retriesAreCountedWithinBounds(String text, int times) {
        assertThat(reader(Door.PICKER, "x-stainless-retry-count", text)
                        .headers()
                        .retries())
                .isEqualTo(times);
    }
}
