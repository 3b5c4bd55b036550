package io.kvasir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.ConfigNode.Kind;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {

    private static ConfigNode parse(String source, String text) throws InvalidConfigException {
        return ConfigReader.parse(source, text.getBytes(StandardCharsets.UTF_8));
    }

    private static ConfigNode value(ConfigNode root, String key) {
        return Objects.requireNonNull(((Mapping) root).entries().get(key)).value();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: 1\nb: [x, '2']\nc: true\nd:\n",
                "{\"a\": 1,\n\"b\": [\"x\", \"2\"],\n\"c\": true,\n\"d\": null}",
                "{a: 1,\nb: [x, '2'],\nc: true,\nd: }"
            })
    void yamlAndJsonAreTheSameValuesWithTheirLines(String text) throws InvalidConfigException {
        var root = parse("text", text);

        assertThat(value(root, "a")).isEqualTo(new Scalar(1, "1", Kind.NUMBER));
        assertThat(((Sequence) value(root, "b")).items())
                .containsExactly(new Scalar(2, "x", Kind.TEXT), new Scalar(2, "2", Kind.TEXT));
        assertThat(value(root, "c")).isEqualTo(new Scalar(3, "true", Kind.BOOLEAN));
        assertThat(value(root, "d")).isInstanceOf(ConfigNode.Absent.class);
        assertThat(((Mapping) root).entries().get("d"))
                .extracting(ConfigNode.Entry::line)
                .isEqualTo(4);
    }

    @Test
    void depthIsBounded() throws InvalidConfigException {
        for (String source : new String[] {"a.json", "a.yaml"}) {
            assertThat(parse(source, "[".repeat(16) + "]".repeat(16))).isInstanceOf(Sequence.class);
            assertThatThrownBy(() -> parse(source, "[".repeat(18) + "]".repeat(18)))
                    .hasMessage(source + ":1: nested deeper than 16 levels");
            assertThatThrownBy(() -> parse(source, "[".repeat(100_000)))
                    .isInstanceOf(InvalidConfigException.class)
                    .hasMessageStartingWith(source + ":1: ");
        }
    }

    @Test
    void aDocumentCannotGrowByAliases() {
        assertThatThrownBy(() -> parse("a.yaml", "a: &a [x, x]\nb: &b [*a, *a]\n"))
                .hasMessage("a.yaml:2: alias \"*a\" is not supported");
    }

    @Test
    void aKeyThatAppearsTwiceIsRefusedAtAnyDepth() {
        assertThatThrownBy(() -> parse("a.yaml", "a:\n  b: 1\n  b: 2\n"))
                .hasMessage("a.yaml:3: key \"b\" appears twice");
        assertThatThrownBy(() -> parse("a.json", "{\"a\": {\n\"b\": 1,\n\"b\": 2}}"))
                .hasMessage("a.json:3: key \"b\" appears twice");
    }

    @Test
    void oneDocumentIsRead() {
        assertThatThrownBy(() -> parse("a.yaml", "a: 1\n---\nb: 1\n"))
                .hasMessageMatching("a\\.yaml:\\d: a second document; allowed: one");
        assertThatThrownBy(() -> parse("a.json", "{} {}")).hasMessage("a.json:1: a second document; allowed: one");
    }
}
