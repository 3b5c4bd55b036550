package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.token.jinja.PythonJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of the Responses API as the chats that vLLM makes of them. */
class ResponsesChatTest {
    private static String chat(String body) throws UntoldException {
        return PythonJson.of(ResponsesChat.of(JsonTree.members(JsonTree.parse(body.replace('\'', '"')))));
    }

    @Test
    void instructionsAreTheSystemsAndATextIsTheUsers() throws UntoldException {
        assertThat(chat("{'model': 'm', 'store': false, 'instructions': 'Be brief.', 'input': 'hi'}"))
                .isEqualTo("""
                {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]}""");
        assertThat(chat("{'instructions': null, 'input': [{'role': 'developer', 'content': 'Be brief.'}]}"))
                .isEqualTo("""
                {"messages": [{"role": "developer", "content": "Be brief."}]}""");
    }

    @Test
    void whatTheModelThoughtSaidAndCalledInARowIsOneMessage() throws UntoldException {
        assertThat(chat("""
                {'input': [{'role': 'user', 'content': [{'type': 'input_text', 'text': 'Look.'}]},
                 {'type': 'reasoning', 'id': 'r', 'summary': [], 'content': [{'type': 'reasoning_text', 'text': 'hm'}]},
                 {'type': 'message', 'id': 'a', 'role': 'assistant', 'status': 'completed',
                  'content': [{'type': 'output_text', 'text': 'Looking.', 'annotations': []}]},
                 {'type': 'function_call', 'id': 'f', 'call_id': '1', 'name': 'look', 'arguments': '{}', 'status': 'completed'},
                 {'type': 'function_call', 'call_id': '2', 'name': 'look', 'arguments': '[]'},
                 {'type': 'function_call_output', 'call_id': '1', 'output': 'there'},
                 {'role': 'assistant', 'content': 'Found.'}, {'role': 'assistant', 'content': 'Done.'},
                 {'type': 'reasoning', 'id': 'r', 'summary': [{'type': 'summary_text', 'text': 'short'}]}]}""")).isEqualTo("""
                {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "Look."}]}, \
                {"role": "assistant", "reasoning": "hm", "content": "Looking.", "tool_calls": [\
                {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}, \
                {"id": "2", "type": "function", "function": {"name": "look", "arguments": "[]"}}]}, \
                {"role": "tool", "content": "there", "tool_call_id": "1"}, \
                {"role": "assistant", "content": "Found."}, \
                {"role": "assistant", "content": "Done.", "reasoning": "short"}]}""");
    }

    /** None is copied again for those behind it, which would keep a thread for minutes. */
    @Test
    void callsInARowAreAsManyAsABodyHolds() throws UntoldException {
        int many = 300_000;
        String call = "{\"type\": \"function_call\"}";
        var body = JsonTree.members(JsonTree.parse("{\"input\": [" + (call + ", ").repeat(many - 1) + call + "]}"));
        var messages = JsonTree.elements(ResponsesChat.of(body).get("messages"));
        assertThat(messages).hasSize(1);
        assertThat(JsonTree.elements(JsonTree.members(messages.getFirst()).get("tool_calls")))
                .hasSize(many);
    }

    @Test
    void toolsAreFunctionsAndEffortIsAMemberOfTheChat() throws UntoldException {
        assertThat(chat("""
                {'input': 'hi', 'tools': [{'type': 'function', 'name': 'look', 'strict': false, 'parameters': {'b': 1, 'a': 2}}],
                 'reasoning': {'effort': 'low', 'summary': 'auto'}, 'chat_template_kwargs': {'enable_thinking': false}}""")).isEqualTo("""
                {"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function", "function": {"name": "look", \
                "strict": false, "parameters": {"b": 1, "a": 2}}}], "chat_template_kwargs": {"enable_thinking": false}, \
                "reasoning_effort": "low"}""");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'input': 'hi', 'previous_response_id': 'resp_1'}",
                "{'input': 'hi', 'tools': [{'type': 'web_search'}]}",
                "{'input': 'hi', 'tools': [{'type': 'function', 'name': 'f'}], 'tool_choice': 'none'}",
                "{'input': [{'type': 'item_reference', 'id': 'x'}]}",
                "{'input': [{'type': 'reasoning', 'encrypted_content': 'x', 'summary': []}]}",
                "{'input': [{'role': 'assistant', 'content': [{'type': 'refusal', 'refusal': 'no'}]}]}",
                "{'input': [{'type': 'function_call', 'call_id': '1', 'name': 'f', 'namespace': 'n', 'arguments': '{}'}]}",
                "{'input': [{'role': 'assistant', 'content': 'and', 'status': 'incomplete'}]}",
            })
    void whatOnlyTheEngineKnowsIsLeftToIt(String body) {
        assertThatThrownBy(() -> chat(body)).isInstanceOf(UntoldException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'input': 7, 'instructions': 7, 'tools': 7, 'reasoning': 'x'}", "{'input': []}"})
    void whatIsNoRequestAtAllFailsNothing(String body) throws UntoldException {
        assertThat(chat(body)).isEqualTo("{\"messages\": []}");
    }
}
