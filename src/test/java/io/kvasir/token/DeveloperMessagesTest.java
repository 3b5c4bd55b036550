package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.token.jinja.PythonJson;
import org.junit.jupiter.api.Test;

/** What developers say, for templates that do not know of them. */
class DeveloperMessagesTest {
    private static String systems(String messages) {
        var read = JsonTree.members(JsonTree.parse("{\"messages\": " + messages.replace('\'', '"') + "}"));
        return PythonJson.of(DeveloperMessages.asSystems(JsonTree.elements(read.get("messages"))))
                .replace('"', '\'');
    }

    @Test
    void whatADeveloperSaysInFrontIsTheSystems() {
        assertThat(
                        systems(
                                "[{'role': 'developer', 'content': [{'type': 'text', 'text': 'a'}]}, {'role': 'user', 'content': 'b'}]"))
                .isEqualTo(
                        "[{'role': 'system', 'content': [{'type': 'text', 'text': 'a'}]}, {'role': 'user', 'content': 'b'}]");
    }

    @Test
    void whatIsSaidLaterIsPutIntoOneMessageInFront() {
        assertThat(systems("""
                [{'role': 'system', 'content': 'a'}, {'role': 'user', 'content': 'b'}, {'role': 'developer', 'content': \
                [{'type': 'text', 'text': 'c'}, {'type': 'text', 'text': 'd'}]}, {'role': 'system', 'content': ''}]""")).isEqualTo("""
                [{'role': 'system', 'content': 'a\\n\\nc\\nd'}, {'role': 'user', 'content': 'b'}]""");
    }

    @Test
    void whereNoDeveloperSpeaksNothingChanges() {
        String messages =
                "[{'role': 'user', 'content': 'b'}, {'role': 'system', 'content': 'c'}, {'role': 'system', 'content': 'd'}]";
        assertThat(systems(messages)).isEqualTo(messages);
    }

    @Test
    void aTemplateThatNamesThemKnowsThem() {
        assertThat(DeveloperMessages.areKnownTo("{% if message.role == 'developer' %}"))
                .isTrue();
        assertThat(DeveloperMessages.areKnownTo("{# developer #}")).isFalse();
    }
}
