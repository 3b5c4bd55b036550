package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.kvasir.sim.http.EngineDialect;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulated engines as OpenAI's own SDK sees them. */
class OpenAiSdkTest {
    private static ChatCompletionCreateParams.Builder chat(String text) {
        return ChatCompletionCreateParams.builder()
                .model(SimulatedPool.DEFAULT_MODEL)
                .addUserMessage(text);
    }

    private interface Conversation {
        void with(OpenAIClient client);
    }

    private static void talk(EngineDialect dialect, Conversation conversation) throws Exception {
        try (var pool = SimulatedPool.builder()
                .pool("h200=1")
                .timeScale(10)
                .dialect(dialect)
                .start()) {
            var client = OpenAIOkHttpClient.builder()
                    .baseUrl(pool.endpoints().getFirst().url() + "/v1")
                    .apiKey("unused")
                    .maxRetries(0)
                    .build();
            try {
                conversation.with(client);
            } finally {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void chatsAndStreamsAndLists(EngineDialect dialect) throws Exception {
        talk(dialect, client -> {
            var whole = client.chat()
                    .completions()
                    .create(chat("hello").maxCompletionTokens(7).build());
            var choice = whole.choices().getFirst();
            assertThat(choice.message().content().orElseThrow()).isNotBlank();
            assertThat(whole.usage().orElseThrow().completionTokens()).isBetween(1L, 7L);

            var accumulator = ChatCompletionAccumulator.create();
            var params = chat("hello")
                    .maxCompletionTokens(7)
                    .streamOptions(ChatCompletionStreamOptions.builder()
                            .includeUsage(true)
                            .build())
                    .build();
            try (var stream = client.chat().completions().createStreaming(params)) {
                stream.stream().forEach(accumulator::accumulate);
            }
            var streamed = accumulator.chatCompletion();
            assertThat(streamed.choices().getFirst().message().content())
                    .isEqualTo(choice.message().content());
            assertThat(streamed.usage().orElseThrow().promptTokens())
                    .isEqualTo(whole.usage().orElseThrow().promptTokens());

            var text = client.completions()
                    .create(CompletionCreateParams.builder()
                            .model(SimulatedPool.DEFAULT_MODEL)
                            .prompt("once upon")
                            .maxTokens(4)
                            .build());
            assertThat(text.choices().getFirst().text()).isNotBlank();
            assertThat(client.models().list().data())
                    .extracting(Model::id)
                    .containsExactly(SimulatedPool.DEFAULT_MODEL);
        });
    }

    @ParameterizedTest
    @EnumSource
    void respondsAndEmbeds(EngineDialect dialect) throws Exception {
        talk(dialect, client -> {
            var params = ResponseCreateParams.builder()
                    .model(SimulatedPool.DEFAULT_MODEL)
                    .input("hello")
                    .maxOutputTokens(7)
                    .build();
            var whole = client.responses().create(params).validate();
            assertThat(whole.usage().orElseThrow().outputTokens()).isBetween(1L, 7L);
            var text = new StringBuilder();
            try (var stream = client.responses().createStreaming(params)) {
                stream.stream()
                        .map(ResponseStreamEvent::validate)
                        .forEach(event -> event.outputTextDelta().ifPresent(delta -> text.append(delta.delta())));
            }
            assertThat(text)
                    .hasToString(whole.output()
                            .getFirst()
                            .asMessage()
                            .content()
                            .getFirst()
                            .asOutputText()
                            .text());

            var vectors = client.embeddings()
                    .create(EmbeddingCreateParams.builder()
                            .model(SimulatedPool.DEFAULT_MODEL)
                            .inputOfArrayOfStrings(List.of("a", "b"))
                            .build());
            assertThat(vectors.data()).hasSize(2);
            assertThat(vectors.data().getFirst().embedding()).hasSize(16);
        });
    }

    @ParameterizedTest
    @EnumSource
    void callsToolsStreamedAndNot(EngineDialect dialect) throws Exception {
        talk(dialect, client -> {
            var parameters = FunctionParameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty("properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                    .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                    .build();
            var params = chat("weather?")
                    .addTool(ChatCompletionFunctionTool.builder()
                            .function(FunctionDefinition.builder()
                                    .name("weather")
                                    .parameters(parameters)
                                    .build())
                            .build())
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                    .build();
            var whole = client.chat().completions().create(params);
            assertCall(whole);

            var accumulator = ChatCompletionAccumulator.create();
            try (var stream = client.chat().completions().createStreaming(params)) {
                stream.stream().forEach(accumulator::accumulate);
            }
            assertCall(accumulator.chatCompletion());
        });
    }

    private static void assertCall(ChatCompletion completion) {
        var choice = completion.choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        var call = choice.message().toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.id()).isNotBlank();
        assertThat(call.function().name()).isEqualTo("weather");
        assertThat(call.function().arguments()).isEqualTo("{\"city\":\"the\"}");
    }

    @ParameterizedTest
    @EnumSource
    void errorsBecomeTheSdksExceptions(EngineDialect dialect) throws Exception {
        talk(dialect, client -> {
            var unknown = ChatCompletionCreateParams.builder()
                    .model("nobody")
                    .addUserMessage("x")
                    .build();
            assertThatThrownBy(() -> client.chat().completions().create(unknown))
                    .isInstanceOf(NotFoundException.class)
                    // SGLang's errors are flat, which the SDK does not read
                    .hasMessageContaining(dialect == EngineDialect.VLLM ? "nobody" : "404");
            var tooLong = chat("x").maxCompletionTokens(1_000_000).build();
            assertThatThrownBy(() -> client.chat().completions().create(tooLong))
                    .isInstanceOf(BadRequestException.class);
        });
    }
}
