package io.kvasir.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointFileParserTest {
    private static final String FULL = """
            # the pool of the second floor
            endpoints:
              - name: a
                address: 10.0.0.1
                port: 8000
                labels: {llm-d.ai/role: prefill, zone: west, empty: }
                role: decode
                vendor: AMD
                product: AMD-Instinct-MI350X
                partition: CPX
                count: 2
                sharing: 3
                engine: sglang
                model: meta-llama/Llama-3.1-8B
                adapters: [poems, sql]
                maxModelLen: 32768
                kvTokens: 1200000
                metricsPort: 9001
                kvEvents: tcp://10.0.0.1:5557
                weight: 1.5
                protocol: h2c
                apiKey: very-secret
              - name: b
                namespace: default
                address: "fd00::2"
                port: "8000"
            """;

    private static EndpointFileParser.Contents parse(String text) throws InvalidConfigException {
        return EndpointFileParser.parse("pool.yaml", text.getBytes(StandardCharsets.UTF_8));
    }

    private static String refusal(String text) {
        var thrown = catchThrowableOfType(InvalidConfigException.class, () -> parse(text));
        assertThat(thrown).as("refused: %s", text).isNotNull();
        return String.valueOf(thrown.getMessage());
    }

    @Test
    void everyKeyArrives() throws InvalidConfigException {
        var contents = parse(FULL);

        assertThat(contents.unknownKeys().lines()).isEmpty();
        assertThat(contents.endpoints())
                .containsExactly(
                        EndpointSpec.builder("a", "10.0.0.1", 8000)
                                .labels(Map.of("llm-d.ai/role", "prefill", "zone", "west", "empty", ""))
                                .role(Role.DECODE)
                                .vendor("AMD")
                                .product("AMD-Instinct-MI350X")
                                .partition("CPX")
                                .count(2)
                                .sharing(3)
                                .engine(EngineKind.SGLANG)
                                .model("meta-llama/Llama-3.1-8B")
                                .adapters(List.of("poems", "sql"))
                                .maxModelLen(32768)
                                .kvTokens(1_200_000)
                                .metricsPort(9001)
                                .kvEvents("tcp://10.0.0.1:5557")
                                .weight(1.5)
                                .protocol(EngineProtocol.H2C)
                                .apiKey(new ApiKey("very-secret"))
                                .build(),
                        EndpointSpec.of("b", "fd00::2", 8000));
    }

    @Test
    void jsonIsReadAsWell() throws InvalidConfigException {
        String json = "\n{\"endpoints\": [\n\t{\"name\": \"b\", \"address\": \"[fd00::2]\", \"port\": 8000}]}";

        var contents = EndpointFileParser.parse("pool", json.getBytes(StandardCharsets.UTF_8));

        assertThat(contents.endpoints()).containsExactly(EndpointSpec.of("b", "fd00::2", 8000));
    }

    @Test
    void anEmptyListIsAnEmptyPool() throws InvalidConfigException {
        assertThat(parse("endpoints: []").endpoints()).isEmpty();
        assertThat(parse("endpoints:").endpoints()).isEmpty();
    }

    @Test
    void labelsSayRoleAndEngineWhereNoKeyDoes() throws InvalidConfigException {
        var specs = parse("""
                        endpoints:
                        - {name: a, address: h1, port: 1, labels: {llm-d.ai/role: prefill, llm-d.ai/engine-type: sglang}}
                        - {name: b, address: h2, port: 1, labels: {inference.networking.k8s.io/engine-type: triton}}
                        """).endpoints();

        assertThat(specs.get(0).role()).isEqualTo(Role.PREFILL);
        assertThat(specs.get(0).engine()).isEqualTo(EngineKind.SGLANG);
        assertThat(specs.get(1).engine()).isEqualTo(EngineKind.TRITON);
        assertThat(specs.get(1).metricsPort()).isEqualTo(8002);
    }

    @Test
    void theSameNameMayServeInTwoNamespaces() throws InvalidConfigException {
        var specs = parse("""
                        endpoints:
                        - {name: a, address: h1, port: 1}
                        - {name: a, namespace: other, address: h2, port: 1}
                        """).endpoints();

        assertThat(specs).extracting(EndpointSpec::name).containsExactly("a", "other/a");
    }

    @ParameterizedTest
    @CsvSource({
        "adress, address",
        "addres, address",
        "Address, address",
        "adresss, address",
        "nmae, name",
        "Name, name",
        "prot, port",
        "ports, port"
    })
    void aRequiredKeyThatIsAlmostThereIsNamedWithItsLine(String written, String meant) {
        var item = new ArrayList<>(List.of("name: a", "address: 10.0.0.1", "port: 8000"));
        item.replaceAll(line -> line.startsWith(meant) ? line.replace(meant, written) : line);
        int line = 2
                + item.indexOf(item.stream()
                        .filter(text -> text.startsWith(written + ":"))
                        .findFirst()
                        .orElseThrow());

        assertThatThrownBy(() -> parse("endpoints:\n  - " + String.join("\n    ", item) + "\n"))
                .hasMessage("pool.yaml:" + line + ": endpoints[0]." + written + ": unknown key, did you mean " + meant
                        + "? required: name, address, port");
    }

    @ParameterizedTest
    @CsvSource({
        "weigth, weight",
        "wieght, weight",
        "max_model_len, maxModelLen",
        "maxmodellen, maxModelLen",
        "kv-tokens, kvTokens",
        "adapter, adapters",
        "prodcut, product",
        "metrics_port, metricsPort",
        "engin, engine",
        "label, labels",
        "partion, partition"
    })
    void anOptionalKeyThatIsAlmostRightIsReportedWithTheOneMeant(String written, String meant)
            throws InvalidConfigException {
        var contents =
                parse("endpoints:\n  - name: a\n    address: 10.0.0.1\n    port: 8000\n    " + written + ": 3\n");

        assertThat(contents.unknownKeys().lines())
                .containsExactly("pool.yaml:5: endpoints[0]." + written + ": unknown key, did you mean " + meant
                        + "? It is ignored");
    }

    @ParameterizedTest
    @ValueSource(strings = {"endpoint", "Endpoints", "endpionts", "end_points"})
    void theListUnderAnAlmostRightNameIsNamed(String written) {
        assertThatThrownBy(() -> parse("version: 1\n" + written + ":\n  - {name: a, address: b, port: 1}\n"))
                .hasMessage("pool.yaml:2: " + written
                        + ": unknown key, did you mean endpoints? allowed: a list of endpoints");
    }

    @Test
    void unknownKeysAreReportedWithTheirLine() throws InvalidConfigException {
        var contents = parse("""
                version: 2
                endpoints:
                - name: a
                  address: h1
                  port: 1
                  vendor:
                  colour: {deep: [red]}
                """);

        assertThat(contents.endpoints()).containsExactly(EndpointSpec.of("a", "h1", 1));
        assertThat(contents.unknownKeys().lines()).hasSize(2);
        assertThat(contents.unknownKeys().lines().get(0))
                .isEqualTo("pool.yaml:1: version: unknown key; allowed: endpoints");
        assertThat(contents.unknownKeys().lines().get(1))
                .startsWith("pool.yaml:7: endpoints[0].colour: unknown key; allowed: name, ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    port: 0                   | port: bad value "0"; allowed: a whole number from 1 to 65535
                    port: 80.5                | port: bad value "80.5"; allowed: a whole number from 1 to 65535
                    port: [80]                | port: bad value "[…]"; allowed: a text of 1 to 1024 characters on one line
                    address: http://h1        | address: bad value "http://h1"; allowed: an IP address or host name, without scheme and port
                    address: 10.0.0.1:80      | address: bad value "10.0.0.1:80"; allowed: an IP address or host name, without scheme and port
                    address: ""               | address: bad value ""; allowed: a text of 1 to 1024 characters on one line
                    role: both-ish            | role: bad value "both-ish"; allowed: prefill, decode, both, encode, prefill-decode, encode-prefill, encode-prefill-decode
                    engine: llamafile         | engine: bad value "llamafile"; allowed: vllm, sglang, trtllm-serve, triton-tensorrt-llm, triton
                    count: -1                 | count: bad value "-1"; allowed: a whole number from 1 to 1024
                    sharing: many             | sharing: bad value "many"; allowed: a whole number from 1 to 1024
                    adapters: poems           | adapters: bad value "poems"; allowed: a list of names
                    adapters: [{}]            | adapters: bad value "{…}"; allowed: a list of names
                    maxModelLen: 0            | maxModelLen: bad value "0"; allowed: a whole number from 1 to 2147483647
                    kvTokens: 1e6             | kvTokens: bad value "1e6"; allowed: a whole number from 1 to 1125899906842624
                    metricsPort: 70000        | metricsPort: bad value "70000"; allowed: a whole number from 1 to 65535
                    kvEvents: 10.0.0.1:5557   | kvEvents: bad value "10.0.0.1:5557"; allowed: tcp://host:port, with ?replay=PORT&topic=PREFIX&ranks=N, or ipc://path, or http://host:port/path, with ?interval=MILLISECONDS&block=TOKENS
                    weight: 0                 | weight: bad value "0"; allowed: a number above 0, at most 1000000
                    weight: .nan              | weight: bad value ".nan"; allowed: a number above 0, at most 1000000
                    protocol: http3           | protocol: bad value "http3"; allowed: http, h2c
                    apiKey: two words         | apiKey: bad value (not shown); allowed: 1 to 4096 printable ASCII characters without spaces
                    apiKey: [secret]          | apiKey: bad value (not shown); allowed: 1 to 4096 printable ASCII characters without spaces
                    labels: x                 | labels: bad value "x"; allowed: a mapping of names to texts
                    labels: {llm-d.ai/role: x}| labels.llm-d.ai/role: bad value "x"; allowed: prefill, decode, both, encode, prefill-decode, encode-prefill, encode-prefill-decode
                    labels: {a: [1]}          | labels.a: bad value "[…]"; allowed: a text
                    """, ignoreLeadingAndTrailingWhitespace = true, quoteCharacter = '`')
    void aBadValueIsNamedWithFileLineKeyAndWhatIsAllowed(String line, String message) {
        var keys = new LinkedHashMap<String, String>();
        keys.put("name", "name: a");
        keys.put("address", "address: h1");
        keys.put("port", "port: 1");
        String key = line.substring(0, line.indexOf(':'));
        keys.remove(key);
        String text = "endpoints:\n- " + String.join("\n  ", keys.values()) + "\n  " + line + "\n";

        assertThat(refusal(text)).isEqualTo("pool.yaml:" + (keys.size() + 2) + ": endpoints[0]." + message);
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThat(refusal("endpoints:\n- name: a\n  port: 1"))
                .isEqualTo("pool.yaml:2: endpoints[0].address: missing; required: name, address, port");
        assertThat(refusal("pods: []")).isEqualTo("pool.yaml:1: endpoints: missing; allowed: a list of endpoints");
        assertThat(refusal("")).isEqualTo("pool.yaml:1: endpoints: missing; allowed: a list of endpoints");
        assertThat(refusal("endpoints: 3"))
                .isEqualTo("pool.yaml:1: endpoints: not a list; allowed: a list of endpoints");
        assertThat(refusal("endpoints:\n- a"))
                .isEqualTo("pool.yaml:2: endpoints[0]: not a mapping; allowed: name, address, port and optional keys");
    }

    @Test
    void twoOfAKindAreRefused() {
        String two = """
                endpoints:
                - name: a
                  address: h1
                  port: 1
                - name: %s
                  address: h1
                  port: %d
                """;

        assertThat(refusal(two.formatted("a", 2)))
                .isEqualTo("pool.yaml:5: endpoints[1].name: \"a\" is taken by line 2; allowed: each once");
        assertThat(refusal(two.formatted("b", 1)))
                .isEqualTo("pool.yaml:7: endpoints[1].port: \"h1:1\" is taken by line 4; allowed: each once");
        assertThat(refusal("endpoints: []\nendpoints: []")).isEqualTo("pool.yaml:2: key \"endpoints\" appears twice");
    }

    @Test
    void textThatIsNotWellFormedIsNamedByLine() {
        assertThat(refusal("endpoints:\n- name: 'a\n")).startsWith("pool.yaml:").contains("not well-formed");
        assertThat(refusal("endpoints: [}")).startsWith("pool.yaml:1: not well-formed");
        assertThat(refusal("endpoints: []\n---\nendpoints: []")).contains("a second document");
        assertThat(refusal("a: &x 1\nendpoints: *x"))
                .isEqualTo("pool.yaml:2: endpoints: not a list; allowed: a list of endpoints");
        assertThat(refusal("endpoints: " + "[".repeat(40) + "]".repeat(40))).contains("pool.yaml:1:");
    }

    @Test
    void noBytesMakeItFailInAnyOtherWay() {
        var random = new SplittableRandom(4);
        for (int round = 0; round < 3_000; round++) {
            byte[] bytes = FULL.getBytes(StandardCharsets.UTF_8);
            for (int edit = 0; edit <= random.nextInt(4); edit++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                EndpointFileParser.parse(round % 2 == 0 ? "pool.yaml" : "pool.json", bytes);
            } catch (InvalidConfigException e) {
                assertThat(e.getMessage()).hasLineCount(1).startsWith("pool.");
            }
        }
    }
}
