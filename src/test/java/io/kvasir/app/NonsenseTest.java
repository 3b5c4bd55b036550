package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every flag, given nonsense in every style, takes it for what it is or stops the start in one line. */
class NonsenseTest {
    private static final List<String> NONSENSE = List.of(
            "nonsense",
            "a,a",
            ",",
            " ",
            "-1",
            "99999999999999999999",
            "1e400",
            "NaN",
            "0x1p3",
            "1d",
            "{}[]",
            "\u0000",
            "two\nlines",
            "../..",
            "%s%n",
            "=",
            "日本",
            "true false",
            "10.0.0.0/99",
            "x".repeat(5000));

    /** Whose values are any text, or the name of a file that is opened when the program starts. */
    private static final Set<Flag> ANY_TEXT = EnumSet.of(
            Flag.ENDPOINTS,
            Flag.ENGINE_API_KEY,
            Flag.CERT_PATH,
            Flag.CLIENT_CA_FILE,
            Flag.FLOW_CONTROL_FILE,
            Flag.METRICS_CERT_DIR,
            Flag.METRICS_CLIENT_CA_FILE,
            Flag.CONFIG_TEXT,
            Flag.RATES_FILE,
            Flag.SUBSET_NAMESPACE,
            Flag.DESTINATION_NAMESPACE);

    /** Whose values are lists, of which an error names the entry. */
    private static final Set<Flag> LISTS = EnumSet.of(
            Flag.FEATURE_GATES, Flag.TRUSTED_PROXIES, Flag.OBJECTIVES, Flag.SESSION_HEADERS, Flag.TOKENIZERS);

    /** Flags without which it means nothing. */
    private static List<String> beside(Flag flag) {
        return switch (flag) {
            case ENDPOINTS, POOL_NAME -> List.of();
            case ENDPOINT_SELECTOR -> List.of("--endpoint-target-ports=8000");
            case ENDPOINT_TARGET_PORTS -> List.of("--endpoint-selector=a=b");
            case POOL_NAMESPACE, POOL_GROUP -> List.of("--pool-name=a");
            case MODEL_SERVER_METRICS_HTTPS_INSECURE_SKIP_VERIFY ->
                List.of("--endpoints=pool.yaml", "--model-server-metrics-scheme=https");
            case METRICS_CERT_DIR -> List.of("--endpoints=pool.yaml", "--metrics-endpoint-auth");
            case METRICS_CLIENT_CA_FILE -> List.of("--endpoints=pool.yaml", "--metrics-cert-dir=/certs");
            default -> List.of("--endpoints=pool.yaml");
        };
    }

    private static @Nullable String refusal(Flag flag, List<String> more, Map<String, String> environment) {
        var args = new ArrayList<>(beside(flag));
        args.addAll(more);
        try {
            var _ = ServeSettings.of(args, environment);
            return null;
        } catch (ConfigurationException e) {
            return e.getMessage();
        }
    }

    private static void says(@Nullable String line, Flag flag, String value) {
        if (line == null) {
            assertThat(ANY_TEXT.contains(flag) || takes(flag, value))
                    .as("--%s takes \"%s\"", flag.key(), value)
                    .isTrue();
            return;
        }
        String seen = ConfigurationException.plain(LISTS.contains(flag) ? value.split(",", 2)[0] : value.strip());
        assertThat(line).hasSizeLessThan(2500).doesNotContainPattern("\\p{Cntrl}");
        assertThat(line).contains(flag.key());
        if (flag == Flag.ENGINE_API_KEY) {
            // a secret is never shown
            assertThat(value.length() < 4 || !line.contains(value)).isTrue();
            return;
        }
        assertThat(line).contains(seen.substring(0, Math.min(70, seen.length())));
        assertThat(line).containsPattern("allowed|cannot be read|without");
    }

    /** What looks like nonsense and is none for that flag. */
    private static boolean takes(Flag flag, String value) {
        return switch (flag) {
            case TRUSTED_PROXIES, ENDPOINT_TARGET_PORTS, OBJECTIVES, TOKENIZERS -> value.isBlank();
            // a word alone asks that there be such a label
            case ENDPOINT_SELECTOR -> value.matches("([a-z0-9.]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?|a,a");
            case FEATURE_GATES -> value.isBlank();
            case SESSION_HEADERS -> value.isBlank() || value.matches("[-A-Za-z0-9.%]{1,64}|a,a");
            case TOTAL_QUEUED_REQUESTS_METRIC,
                    TOTAL_RUNNING_REQUESTS_METRIC,
                    KV_CACHE_USAGE_PERCENTAGE_METRIC,
                    LORA_INFO_METRIC,
                    CACHE_INFO_METRIC -> value.matches("[A-Za-z]+");
            case POOL_NAME, POOL_NAMESPACE -> value.matches("[a-z0-9]{1,63}");
            default -> false;
        };
    }

    @ParameterizedTest
    @EnumSource
    void aFlag(Flag flag) {
        for (String value : NONSENSE) {
            for (String name : flag.names().toList()) {
                says(refusal(flag, List.of("--" + name + "=" + value), Map.of()), flag, value);
                says(refusal(flag, List.of("-" + name + "=" + value), Map.of()), flag, value);
            }
            if (!value.startsWith("-")) {
                says(refusal(flag, List.of("--" + flag.key(), value), Map.of()), flag, value);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aVariable(Flag flag) {
        for (String value : NONSENSE) {
            says(refusal(flag, List.of(), Map.of(flag.variable(), value)), flag, value);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SETTINGS")
    void aLineOfTheSettingsFile(Flag flag, @TempDir Path folder) throws IOException {
        for (String value : List.of("nonsense", "a,a", "-1", "NaN", "10.0.0.0/99", "\\u0000", "\\u00zz")) {
            Path file = Files.writeString(folder.resolve("kvasir.properties"), flag.key() + "=" + value + "\n");
            String line = refusal(flag, List.of("--settings", file.toString()), Map.of());
            if (value.startsWith("\\")) {
                assertThat(line == null ? "" : line).doesNotContainPattern("\\p{Cntrl}");
            } else {
                says(line, flag, value);
            }
        }
    }
}
