package io.kvasir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.ConfigNode.Mapping;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class FieldsTest {
    private static final List<String> KNOWN = List.of("threshold", "name");

    private static Fields fields(String text) throws InvalidConfigException {
        return Fields.of(
                "f.yaml", "part", (Mapping) ConfigReader.parse("f.yaml", text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void unknownKeysAreRefusedWithTheNearestKnownOne() {
        assertThatThrownBy(() -> fields("name: a\ntreshold: 1").known(KNOWN, UnknownKeys.REFUSED))
                .hasMessage("f.yaml:2: part.treshold: unknown key, did you mean threshold?");
        assertThatThrownBy(() -> fields("colour: a").known(KNOWN, UnknownKeys.REFUSED))
                .hasMessage("f.yaml:1: part.colour: unknown key; allowed: threshold, name");
    }

    @Test
    void unknownKeysAreListedUpToABoundAndCounted() throws InvalidConfigException {
        var text = new StringBuilder("name: a\n");
        for (int i = 0; i < 1000; i++) {
            text.append("colour").append(i).append(": 1\n");
        }
        text.append("treshold: 1\n");
        var listed = new UnknownKeys.Listed();

        fields(text.toString()).known(KNOWN, listed);

        assertThat(listed.count()).isEqualTo(1001);
        assertThat(listed.lines())
                .hasSize(100)
                .first()
                .isEqualTo("f.yaml:2: part.colour0: unknown key; allowed: " + "threshold, name");
    }

    @Test
    void aKeyWithLineBreaksStaysOnOneLine() {
        assertThatThrownBy(() -> fields("\"a\\nb\": 1").known(KNOWN, UnknownKeys.REFUSED))
                .hasMessage("f.yaml:1: part.a\\u000ab: unknown key; allowed: threshold, name");
    }

    @Test
    void aQuotedNumberIsANumberAndAKeyWithoutAValueIsAbsent() throws InvalidConfigException {
        var fields = fields("a: '3'\nb: 0.5\nc:\n");

        assertThat(fields.whole("a", 1, 1, 10)).isEqualTo(3);
        assertThat(fields.number("b", 1, 0, 1, null)).isEqualTo(0.5);
        assertThat(fields.whole("c", 7, 1, 10)).isEqualTo(7);
        assertThatThrownBy(() -> fields.whole("b", 1, 1, 10))
                .hasMessage("f.yaml:2: part.b: bad value \"0.5\"; allowed: a whole number from 1 to 10");
        assertThatThrownBy(() -> fields.number("a", 1, 0, 1, null))
                .hasMessage("f.yaml:1: part.a: bad value \"3\"; allowed: a number from 0 to 1");
    }
}
