package io.kvasir.token;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.token.jinja.PythonJson;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What reaches a chat template, as vLLM 0.32 makes it of a request. */
class ChatVariablesTest {
    private static Map<String, Object> variables(String body, boolean lists) throws UntoldException {
        return new ChatVariables(lists).of(JsonTree.members(JsonTree.parse(body.replace('\'', '"'))));
    }

    private static String json(String name, String body, boolean lists) throws UntoldException {
        return PythonJson.of(requireNonNull(variables(body, lists).get(name)));
    }

    private static String messages(String messages, boolean lists) throws UntoldException {
        return json("messages", "{'messages': " + messages + "}", lists);
    }

    @Test
    void ofAToolOnlyWhatTheEngineKnowsReachesTheTemplate() throws UntoldException {
        String body =
                "{'tools': [{'x': 1, 'function': {'strict': null, 'parameters': {'b': 1, 'a': 2}, 'y': 1, 'name': 'f'}},"
                        + " {'type': 'function', 'defer_loading': true, 'function': {'name': 'g', 'strict': true}}]}";
        assertThat(json("tools", body, false)).isEqualTo("""
                [{"type": "function", "function": {"name": "f", "description": null, "parameters": {"b": 1, "a": 2}}}, \
                {"type": "function", "function": {"name": "g", "description": null, "parameters": null, "strict": true, \
                "defer_loading": true}, "defer_loading": true}]""");
    }

    @Test
    void reasoningOfTheAssistantHasBothNamesAndThatOfOthersNone() throws UntoldException {
        assertThat(messages(
                        "[{'role': 'assistant', 'reasoning_content': 'hm', 'content': 'a'}, "
                                + "{'role': 'assistant', 'reasoning': 'ah', 'reasoning_content': 'hm'}, "
                                + "{'role': 'user', 'reasoning': 'ah', 'content': 'u'}]",
                        false))
                .isEqualTo("""
                [{"role": "assistant", "content": "a", "reasoning": "hm", "reasoning_content": "hm"}, {"role": "assistant", \
                "content": "", "reasoning": "ah", "reasoning_content": "ah"}, {"role": "user", "content": "u"}]""");
    }

    @Test
    void anEffortSwitchesThinkingUnlessTheClientDoes() throws UntoldException {
        assertThat(variables("{'reasoning_effort': 'none'}", false))
                .containsEntry("reasoning_effort", "none")
                .containsEntry("enable_thinking", false);
        assertThat(variables(
                        "{'reasoning_effort': 'high', 'chat_template_kwargs': {'reasoning_effort': 'low'}}", false))
                .containsEntry("reasoning_effort", "high")
                .containsEntry("enable_thinking", true);
        assertThat(variables("{'reasoning_effort': 'high', 'chat_template_kwargs': {'enable_thinking': false}}", false))
                .containsEntry("enable_thinking", false);
        assertThat(variables("{}", false)).doesNotContainKeys("reasoning_effort", "enable_thinking");
    }

    @Test
    void argumentsThatAreNoObjectAreAnEmptyOne() throws UntoldException {
        assertThat(messages(
                        "[{'role': 'assistant', 'tool_calls': [{'function': {'name': 'f', 'arguments': '{'}}, "
                                + "{'function': {'name': 'g', 'arguments': '[1]'}}]}]",
                        false))
                .isEqualTo("""
                [{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}, \
                {"function": {"name": "g", "arguments": {}}}]}]""");
    }

    @Test
    void theLineForAccountingIsInNoSystemPrompt() throws UntoldException {
        assertThat(messages(
                        "[{'role': 'system', 'content': 'x-anthropic-billing-header: a;\\nBe brief.'}, "
                                + "{'role': 'user', 'content': 'x-anthropic-billing-header: b;'}]",
                        false))
                .isEqualTo("""
                [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "x-anthropic-billing-header: b;"}]""");
        assertThat(messages(
                        "[{'role': 'system', 'content': [{'type': 'text', 'text': 'x-anthropic-billing-header: a;'}, "
                                + "{'type': 'text', 'text': 'Be brief.'}]}]",
                        true))
                .isEqualTo("[{\"role\": \"system\", \"content\": [{\"type\": \"text\", \"text\": \"Be brief.\"}]}]");
    }

    @Test
    void whatAToolSaidIsTextEvenForTemplatesThatGoOverParts() throws UntoldException {
        String said = "[{'role': 'tool', 'content': [{'type': 'text', 'text': 'x'}, {'type': 'text', 'text': 'y'}]}]";
        assertThat(messages(said, true)).isEqualTo("[{\"role\": \"tool\", \"content\": \"x\\ny\"}]");
        assertThat(messages(said, false)).isEqualTo("[{\"role\": \"tool\", \"content\": \"x\\ny\"}]");
    }
}
