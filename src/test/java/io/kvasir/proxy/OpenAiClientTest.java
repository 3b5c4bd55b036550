package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import io.kvasir.route.Outcome;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import io.kvasir.testing.Await;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own SDK against the proxy over simulated engines of several vendors. */
class OpenAiClientTest {
    private static SimulatedPool engines;
    private static ProxyFixture proxy;
    private static OpenAIClient client;

    @BeforeAll
    static void start() throws Exception {
        engines = SimulatedPool.builder()
                .pool("h200=1,mi350x=1")
                .timeScale(10)
                .eventLoops(1)
                .start();
        proxy = new ProxyFixture(ProxyFixture.SETTINGS, ProxyFixture.specs(engines));
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + proxy.port() + "/v1")
                .apiKey("sk-test")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        proxy.close();
        engines.close();
    }

    @AfterEach
    void nothingIsHeld() {
        engines.endpoints().forEach(engine -> engines.faults(engine.name(), Faults.NONE));
        proxy.assertNothingHeld();
    }

    private static ChatCompletionCreateParams.Builder chat(String text, int tokens) {
        return ChatCompletionCreateParams.builder()
                .model(SimulatedPool.DEFAULT_MODEL)
                .addUserMessage(text)
                .maxCompletionTokens(tokens)
                .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true));
    }

    @Test
    void aChatIsAnsweredWhole() {
        var answer = client.chat().completions().create(chat("hello", 12).build());
        assertThat(answer.choices()).hasSize(1);
        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .hasSize(48);
        assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(12);
        assertThat(answer.model()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
    }

    @Test
    void aChatIsStreamed() {
        long reported = proxy.router.counts().outputTokens();
        long completed = proxy.router.counts().ended(Outcome.COMPLETED);
        var accumulator = ChatCompletionAccumulator.create();
        try (var stream = client.chat()
                .completions()
                .createStreaming(chat("stream it", 25)
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            stream.stream().forEach(accumulator::accumulate);
        }
        var answer = accumulator.chatCompletion();
        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .hasSize(100);
        assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(25);
        proxy.assertNothingHeld();
        // the proxy read the same usage from the stream
        assertThat(proxy.router.counts().outputTokens() - reported).isEqualTo(25);
        Await.await(() -> proxy.router.counts().ended(Outcome.COMPLETED) - completed == 1);
    }

    @Test
    void aRepeatedPromptIsFoundInTheCacheThroughTheProxy() {
        var params = chat("long ".repeat(2000), 2).build();
        client.chat().completions().create(params);
        var again = client.chat().completions().create(params);
        assertThat(again.usage()
                        .orElseThrow()
                        .promptTokensDetails()
                        .orElseThrow()
                        .cachedTokens())
                .hasValueSatisfying(cached -> assertThat(cached).isPositive());
    }

    @Test
    void aCompletionIsAnsweredWholeAndStreamed() {
        var params = CompletionCreateParams.builder()
                .model(SimulatedPool.DEFAULT_MODEL)
                .prompt("once upon a time")
                .maxTokens(9)
                .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                .build();
        var whole = client.completions().create(params);
        assertThat(whole.choices().getFirst().text()).hasSize(36);

        var text = new StringBuilder();
        try (var stream = client.completions().createStreaming(params)) {
            stream.stream().forEach(event -> event.choices().forEach(choice -> text.append(choice.text())));
        }
        assertThat(text).hasSize(36);
    }

    @Test
    void modelsAreListedOnceAndFoundByTheirId() {
        var models = client.models().list().data();
        assertThat(models)
                .singleElement()
                .satisfies(model -> assertThat(model.id()).isEqualTo(SimulatedPool.DEFAULT_MODEL));
        assertThat(client.models().retrieve(SimulatedPool.DEFAULT_MODEL).id()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
        assertThatThrownBy(() -> client.models().retrieve("none")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aDemandedToolIsCalled() {
        var answer = client.chat()
                .completions()
                .create(chat("what is the weather?", 100)
                        .addFunctionTool(FunctionDefinition.builder()
                                .name("weather")
                                .parameters(FunctionParameters.builder()
                                        .putAdditionalProperty("type", JsonValue.from("object"))
                                        .putAdditionalProperty(
                                                "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                                        .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                                        .build())
                                .build())
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                        .build());
        var call =
                answer.choices().getFirst().message().toolCalls().orElseThrow().getFirst();
        assertThat(call.asFunction().function().name()).isEqualTo("weather");
        assertThat(call.asFunction().function().arguments()).contains("city");
    }

    @Test
    void errorsCarryTypeParamAndCode() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat("x", 1).model("nobody").build()))
                .isInstanceOfSatisfying(NotFoundException.class, e -> {
                    assertThat(e.statusCode()).isEqualTo(404);
                    assertThat(e.param()).hasValue("model");
                });
        assertThatThrownBy(() ->
                        client.chat().completions().create(chat("x", 10_000_000).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.type()).isPresent());
    }

    @Test
    void anEnginesErrorAndAStreamThatBreaksOffAreSeen() {
        engines.endpoints().forEach(engine -> engines.faults(engine.name(), Faults.failing(500, 1)));
        assertThatThrownBy(() -> client.chat().completions().create(chat("x", 1).build()))
                .isInstanceOf(InternalServerException.class);

        engines.endpoints()
                .forEach(engine -> engines.faults(engine.name(), Faults.NONE.with(Fault.DIE_AFTER_TOKENS, 5)));
        assertThatThrownBy(() -> {
                    try (var stream = client.chat()
                            .completions()
                            .createStreaming(chat("y", 50).build())) {
                        stream.stream().forEach(chunk -> {});
                    }
                })
                .isInstanceOf(Exception.class);
        proxy.assertNothingHeld();
        assertThat(proxy.counts().aborted(AbortReason.UPSTREAM_RESET)).isPositive();
    }
}
