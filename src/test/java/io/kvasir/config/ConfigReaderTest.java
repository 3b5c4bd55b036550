package io.kvasir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.ConfigNode.Kind;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {

    private static ConfigNode parse(String source, String text) throws InvalidConfigException {
        return ConfigReader.parse(source, text.getBytes(StandardCharsets.UTF_8));
    }

    private static ConfigNode value(ConfigNode root, String key) {
        return Objects.requireNonNull(((Mapping) root).entries().get(key)).value();
    }

    private static String text(ConfigNode root, String key) {
        return ((Scalar) value(root, key)).text();
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
    void numbersAndSwitchesOfYamlAreReadHoweverTheyAreSpelled() throws InvalidConfigException {
        var root = parse("a.yaml", "a: 1_000\nb: True\nc: FALSE\nd: \"1_000\"\n");

        assertThat(Fields.of("a.yaml", "", (Mapping) root).whole("a", 0, 1, 2_000))
                .isEqualTo(1_000);
        assertThat(Fields.of("a.yaml", "", (Mapping) root).number("a", 0, 1, 2_000, null))
                .isEqualTo(1_000);
        assertThat(NamedPlugins.value(Objects.requireNonNull(value(root, "a")))).isEqualTo(1_000L);
        // a label or a model may look like a number
        assertThat(text(root, "a")).isEqualTo("1_000");
        assertThat(text(root, "b")).isEqualTo("true");
        assertThat(text(root, "c")).isEqualTo("false");
        assertThat(text(root, "d")).isEqualTo("1_000");
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
    void aliasesStandForWhatTheyName() throws InvalidConfigException {
        var root = (Mapping) parse("a.yaml", """
            seconds: &longest 30s
            usual: &usual {requests: 1, bytes: 2}
            bands:
            - <<: *usual
              bytes: 3
              wait: *longest
            - <<: [{requests: 7}, *usual]
            """);
        var bands = (Sequence) Objects.requireNonNull(value(root, "bands"));

        assertThat(text(bands.items().getFirst(), "requests")).isEqualTo("1");
        assertThat(text(bands.items().getFirst(), "bytes")).isEqualTo("3");
        assertThat(text(bands.items().getFirst(), "wait")).isEqualTo("30s");
        assertThat(text(bands.items().get(1), "requests")).isEqualTo("7");
        assertThat(text(bands.items().get(1), "bytes")).isEqualTo("2");
        assertThat(((Mapping) bands.items().get(1)).entries()).doesNotContainKey("<<");
        assertThatThrownBy(() -> parse("a.yaml", "a: 1\nb: *a\n"))
                .hasMessage("a.yaml:2: alias \"*a\" stands for nothing before it");
        assertThatThrownBy(() -> parse("a.yaml", "a: &a [*a]\n"))
                .hasMessage("a.yaml:1: alias \"*a\" stands for nothing before it");
        assertThatThrownBy(() -> parse("a.yaml", "a: &a 1\nb:\n  <<: *a\n"))
                .hasMessage("a.yaml:3: <<: not a mapping; allowed: an alias of a mapping, or a list of such");
    }

    @Test
    void aDocumentCannotGrowByAliases() {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            text.append("a%d: &a%d [%s]%n".formatted(i, i, String.join(", ", Collections.nCopies(10, "*a" + (i - 1)))));
        }
        assertThatThrownBy(() -> parse("a.yaml", text.toString()))
                .hasMessage("a.yaml:5: alias \"*a3\": aliases stand for more than 100000 values");
        assertThatThrownBy(() -> parse(
                        "a.yaml",
                        "a: &a " + "[".repeat(10) + "]".repeat(10) + "\nb: " + "[".repeat(10) + "*a" + "]".repeat(10)))
                .hasMessage("a.yaml:2: nested deeper than 16 levels");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        plugins:\\n\\t- type: a     | a.yaml:2: not well-formed: found character '\\t(TAB)' that cannot start any token.
        a: 1\\nb: [1, 2\\nc: 3       | a.yaml:3: not well-formed: expected ',' or ']', but got
        a: 1\\nb: c: d              | a.yaml:2: not well-formed: mapping values are not allowed here
        a: 1\\n  b: 2\\nc: 3        | a.yaml:2: not well-formed: mapping values are not allowed here
        a: 1\\nb: 'c\\n             | a.yaml:3: not well-formed: found unexpected end of stream
        """)
    void whatIsNotWellFormedIsToldWhereItIs(String text, String message) {
        assertThatThrownBy(() -> parse("a.yaml", text.translateEscapes())).hasMessageStartingWith(message);
    }

    @Test
    void bytesThatAreNoTextAreToldWithoutTheNameOfAClass() {
        assertThatThrownBy(() -> ConfigReader.parse("a.yaml", new byte[] {'a', ':', ' ', (byte) 0xc3, '('}))
                .hasMessageStartingWith("a.yaml:1: not well-formed: Invalid UTF-8");
    }

    @Test
    void aKeyThatAppearsTwiceIsRefusedAtAnyDepth() {
        assertThatThrownBy(() -> parse("a.yaml", "a:\n  b: 1\n  b: 2\n"))
                .hasMessage("a.yaml:3: key \"b\" appears twice");
        assertThatThrownBy(() -> parse("a.json", "{\"a\": {\n\"b\": 1,\n\"b\": 2}}"))
                .hasMessage("a.json:3: key \"b\" appears twice");
    }

    @Test
    void oneDocumentIsRead() throws InvalidConfigException {
        assertThatThrownBy(() -> parse("a.yaml", "a: 1\n---\nb: 1\n"))
                .hasMessageMatching("a\\.yaml:\\d: a second document; allowed: one");
        // what a template leaves of an empty part
        for (String around :
                new String[] {"---\n# nothing\n---\n%s\n", "%s\n---\n", "---\n%s\n...\n---\n# nothing\n"}) {
            assertThat(text(parse("a.yaml", around.formatted("a: b")), "a")).isEqualTo("b");
        }
        assertThatThrownBy(() -> parse("a.json", "{} {}")).hasMessage("a.json:1: a second document; allowed: one");
    }
}
