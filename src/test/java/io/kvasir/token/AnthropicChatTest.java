package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.token.jinja.PythonJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anthropic's messages as the chats that vLLM makes of them. */
class AnthropicChatTest {
    private static String chat(String body) throws UntoldException {
        return PythonJson.of(AnthropicChat.of(JsonTree.members(JsonTree.parse(body)), TemplateHabits.USUAL));
    }

    private static String chat(String body, TemplateHabits habits) throws UntoldException {
        return PythonJson.of(AnthropicChat.of(JsonTree.members(JsonTree.parse(body.replace('\'', '"'))), habits));
    }

    @Test
    void whatTheSystemSaysLaterStaysThereOrIsPutIntoItsFirstMessage() throws UntoldException {
        String body = """
                {'system': 'Be brief.', 'messages': [{'role': 'user', 'content': 'hi'},
                 {'role': 'system', 'content': [{'type': 'text', 'text': 'x-anthropic-billing-header: a'},
                  {'type': 'text', 'text': ' It rains.'}]}, {'role': 'system', 'content': ''},
                 {'role': 'system', 'content': 'x-anthropic-billing-header: b'}, {'role': 'user', 'content': 'so?'}]}""";
        assertThat(chat(body, TemplateHabits.USUAL)).isEqualTo("""
                {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}, \
                {"role": "system", "content": " It rains."}, {"role": "user", "content": "so?"}]}""");
        assertThat(chat(body, new TemplateHabits(true, "none"))).isEqualTo("""
                {"messages": [{"role": "system", "content": "Be brief. It rains."}, {"role": "user", "content": "hi"}, \
                {"role": "user", "content": "so?"}]}""");
    }

    @Test
    void thinkingThatIsDisabledIsAnEffortWhateverEffortIsAskedFor() throws UntoldException {
        String body = "{'messages': [], 'thinking': {'type': 'disabled'}, 'output_config': {'effort': 'high'}}";
        assertThat(chat(body, TemplateHabits.USUAL)).isEqualTo("{\"messages\": [], \"reasoning_effort\": \"none\"}");
        assertThat(chat(body, new TemplateHabits(false, "low")))
                .isEqualTo("{\"messages\": [], \"reasoning_effort\": \"low\"}");
    }

    private static String messages(String messages) throws UntoldException {
        String chat = chat("{\"messages\": " + messages + "}");
        return chat.substring("{\"messages\": ".length(), chat.length() - 1);
    }

    @Test
    void theSystemPromptIsOneMessageWithoutWhatIsThereForAccounting() throws UntoldException {
        assertThat(chat("""
                {"model": "m", "max_tokens": 7, "metadata": {"user_id": "u"}, "messages": [{"role": "user", "content": "hi"}],
                 "system": [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1;"},
                   {"type": "text", "text": "You are", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": " é."}]}
                """)).isEqualTo("""
                {"model": "m", "messages": [{"role": "system", "content": "You are é."}, {"role": "user", "content": "hi"}]}""");
        assertThat(chat("{\"system\": \"Be brief.\", \"messages\": []}"))
                .isEqualTo("{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}]}");
    }

    @Test
    void toolsAreFunctionsAndEffortIsAMemberOfTheChat() throws UntoldException {
        assertThat(chat("""
                {"messages": [], "tools": [{"name": "Bash", "description": "Runs.", "input_schema": {"type": "object",
                 "properties": {"b": {}, "a": {}}}, "cache_control": {"type": "ephemeral"}}], "output_config": {"effort": "low"},
                 "chat_template_kwargs": {"enable_thinking": false}}""")).isEqualTo("""
                {"messages": [], "tools": [{"type": "function", "function": {"name": "Bash", "description": "Runs.", \
                "parameters": {"type": "object", "properties": {"b": {}, "a": {}}}}}], "chat_template_kwargs": \
                {"enable_thinking": false}, "reasoning_effort": "low"}""");
    }

    @Test
    void oneTextIsAStringAndSeveralArePartsAndEmptyOnesAreNone() throws UntoldException {
        assertThat(messages("""
                [{"role": "user", "content": [{"type": "text", "text": "one", "cache_control": {"type": "ephemeral"}},
                  {"type": "text", "text": ""}]},
                 {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
                 {"role": "user", "content": []}]""")).isEqualTo("""
                [{"role": "user", "content": "one"}, {"role": "user", "content": [{"type": "text", "text": "one"}, \
                {"type": "text", "text": "two"}]}]""");
    }

    @Test
    void thinkingIsReasoningAndUseOfToolsAreCalls() throws UntoldException {
        assertThat(messages("""
                [{"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                  {"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Look."},
                  {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"z": 1, "a": [null, 0.5]}}]}]""")).isEqualTo("""
                [{"role": "assistant", "reasoning": "hm", "tool_calls": [{"id": "toolu_1", "type": "function", "function": \
                {"name": "Bash", "arguments": "{\\"z\\": 1, \\"a\\": [null, 0.5]}"}}], "content": "Look."}]""");
    }

    @Test
    void resultsOfToolsAreMessagesBeforeWhatTheUserSaysBesideThem() throws UntoldException {
        assertThat(messages("""
                [{"role": "user", "content": [{"type": "text", "text": "and"},
                  {"type": "tool_result", "tool_use_id": "a", "content": "found"},
                  {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]},
                  {"type": "tool_result", "tool_use_id": "c"}]}]""")).isEqualTo("""
                [{"role": "tool", "tool_call_id": "a", "content": "found"}, {"role": "tool", "tool_call_id": "b", "content": \
                "x\\ny"}, {"role": "tool", "tool_call_id": "c", "content": ""}, {"role": "user", "content": "and"}]""");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'role': 'user', 'content': [{'type': 'image', 'source': {'type': 'url', 'url': 'x'}}]}]",
                "[{'role': 'user', 'content': [{'type': 'tool_result', 'content': [{'type': 'image'}]}]}]",
                "[{'role': 'assistant', 'content': [{'type': 'tool_result', 'content': 'x'}]}]",
                "[{'role': 'user', 'content': [{'type': 'new_in_2027'}]}]",
            })
    void whatIsNotKnownToBeTextIsLeftToOthers(String messages) {
        assertThatThrownBy(() -> messages(messages.replace('\'', '"'))).isInstanceOf(UntoldException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'messages': 7, 'system': 7, 'tools': [7, null, {}], 'output_config': 'x'}",
                "{'messages': [7, null, 'x', {}, {'role': 7, 'content': 7}, {'role': 'assistant', 'content': [{'type': 'tool_use'}]}]}",
            })
    void whatIsNoRequestAtAllFailsNothing(String body) throws UntoldException {
        assertThat(chat(body.replace('\'', '"'))).startsWith("{");
    }
}
