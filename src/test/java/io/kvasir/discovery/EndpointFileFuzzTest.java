package io.kvasir.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.config.InvalidConfigException;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an endpoint file. */
class EndpointFileFuzzTest {
    static Stream<byte[]> files() {
        return Stream.of(
                        """
                        endpoints:
                        - {name: a, address: 10.0.0.1, port: 8000, labels: {llm-d.ai/role: prefill}, weight: 1.5}
                        - name: b
                          namespace: n
                          address: "fd00::2"
                          port: '8000'
                          adapters: [x, y]
                          apiKey: k
                          count: 2
                        """,
                        "{\"endpoints\": [{\"name\": \"b\", \"address\": \"[fd00::2]\", \"port\": 8000, \"engine\": \"sglang\"}]}",
                        "endpoints: &a\n- *a\n",
                        "endpoints: [{name: a, address: h, port: 1, prot: 2}]\n---\nx")
                .map(text -> text.getBytes(UTF_8));
    }

    @MethodSource("files")
    @FuzzTest
    void aFileIsReadOrRefusedInOneLineThatNamesIt(byte[] file) {
        for (String name : List.of("pool.yaml", "pool.json", "pool")) {
            try {
                var contents = EndpointFileParser.parse(name, file);
                var names = new HashSet<String>();
                var places = new HashSet<String>();
                for (var spec : contents.endpoints()) {
                    assertThat(names.add(spec.name())).isTrue();
                    assertThat(places.add(spec.hostPort())).isTrue();
                    assertThat(spec.port()).isBetween(1, 65_535);
                }
                assertThat(contents.unknownKeys().lines())
                        .allMatch(line -> line.startsWith(name + ":") && oneLine(line));
            } catch (InvalidConfigException e) {
                assertThat(e.getMessage()).startsWith(name + ":").matches(EndpointFileFuzzTest::oneLine);
            }
        }
    }

    private static boolean oneLine(String text) {
        return text.lines().count() == 1;
    }
}
