package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/drop-in.md tells of every flag of the endpoint picker contract, and tells the truth. */
class PeerFlagsTest {
    private static final String CONTRACT = """
            allow-experimental-plugins cache-info-metric cert-path config-file config-text disable-endpoint-subset-filter
            drain-timeout emit-endpoint-scores enable-cert-reload enable-grpc-stream-metrics enable-pprof
            fairness-id-metric-label-limit feature-gates plugin-state-staleness-threshold endpoint-selector endpoint-target-ports grpc-health-port grpc-max-recv-msg-size grpc-max-send-msg-size
            grpc-port ha-enable-leader-election health-checking kv-cache-usage-percentage-metric lora-info-metric
            metrics-cert-dir metrics-client-ca-file metrics-endpoint-auth metrics-port metrics-staleness-threshold
            model-server-metrics-https-insecure-skip-verify model-server-metrics-path model-server-metrics-port
            model-server-metrics-scheme pool-group pool-name pool-namespace refresh-metrics-interval
            refresh-prometheus-metrics-interval secure-serving tls-cipher-suites tls-min-version
            total-queued-requests-metric total-running-requests-metric tracing v zap-devel zap-encoder zap-log-level
            zap-stacktrace-level zap-time-encoding""";
    private static final Pattern FLAG = Pattern.compile("`--([a-z-]+)`");

    private static Map<String, String> told() throws IOException {
        var told = new HashMap<String, String>();
        for (String line : Files.readAllLines(Path.of("docs/drop-in.md"))) {
            if (line.startsWith("| `--")) {
                var cells = line.split("\\|", -1);
                FLAG.matcher(cells[1]).results().forEach(flag -> told.put(flag.group(1), cells[2].strip()));
            }
        }
        return told;
    }

    @Test
    void everyFlagOfTheContractIsInTheTable() throws IOException {
        assertThat(told()).containsOnlyKeys(CONTRACT.split("\\s+", -1));
    }

    @Test
    void theParserTakesEachFlagAsTheTableSays() throws IOException {
        told().forEach((flag, verdict) -> {
            var parsed = new FlagParser().parse(List.of("--" + flag, "true"));
            assertThat(parsed.unknown().isEmpty())
                    .as("--%s: %s", flag, verdict)
                    .isEqualTo(!verdict.startsWith("unknown"));
            assertThat(parsed.withoutEffect().isEmpty())
                    .as("--%s: %s", flag, verdict)
                    .isEqualTo(!verdict.startsWith("no effect"));
        });
    }
}
