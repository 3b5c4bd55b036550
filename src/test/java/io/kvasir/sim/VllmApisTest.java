package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The APIs of vLLM beside chats and completions. */
class VllmApisTest {
    private static SimulatedPool pool;
    private static SimClient client;

    @BeforeAll
    static void start() throws Exception {
        pool = SimulatedPool.builder()
                .pool("h200=1")
                .timeScale(10)
                .eventLoops(1)
                .maxModelLength(4096)
                .storesResponses(true)
                .start();
        client = new SimClient(pool.endpoints().getFirst());
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static JsonNode ok(String path, String body) throws Exception {
        var answer = client.post(path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return client.json(answer);
    }

    /** Names of the events of a stream, each once for a run of the same, after checking them against their data. */
    private static List<String> eventNames(String body) throws Exception {
        var names = new ArrayList<String>();
        for (var event : body.split("\n\n", 0)) {
            var lines = event.split("\n", 0);
            if (lines.length < 2) {
                assertThat(event).isEqualTo("data: [DONE]");
                continue;
            }
            var name = lines[0].substring("event: ".length());
            assertThat(SimClient.JSON
                            .readTree(lines[1].substring("data: ".length()))
                            .path("type")
                            .asText())
                    .isEqualTo(name);
            if (names.isEmpty() || !names.getLast().equals(name)) {
                names.add(name);
            }
        }
        return names;
    }

    @Test
    void aResponseIsAMessageWithItsUsageAndCanBeAskedForAgain() throws Exception {
        var answer = ok("/v1/responses", "{\"input\":\"hello\",\"max_output_tokens\":4,\"ignore_eos\":true}");

        assertThat(answer.path("object").asText()).isEqualTo("response");
        assertThat(answer.path("status").asText()).isEqualTo("incomplete");
        assertThat(answer.at("/incomplete_details/reason").asText()).isEqualTo("max_output_tokens");
        assertThat(answer.at("/output/0/content/0/text").asText()).hasSize(16);
        assertThat(answer.at("/usage/output_tokens").asInt()).isEqualTo(4);
        var id = answer.path("id").asText();
        assertThat(id).startsWith("resp_");
        assertThat(client.json(client.get("/v1/responses/" + id))).isEqualTo(answer);
        assertThat(client.post("/v1/responses/" + id + "/cancel", "").statusCode())
                .isEqualTo(400);
        assertThat(client.delete("/v1/responses/" + id).statusCode()).isEqualTo(200);
        assertThat(client.get("/v1/responses/" + id).statusCode()).isEqualTo(404);
        assertThat(client.post("/v1/responses/resp_x/cancel", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aFollowUpHasTheConversationBeforeItAndIsUnknownElsewhere() throws Exception {
        var first = ok("/v1/responses", "{\"input\":\"" + "q".repeat(400) + "\",\"instructions\":\"short\"}");
        var id = first.path("id").asText();
        var second = ok(
                "/v1/responses",
                "{\"input\":\"go on\",\"previous_response_id\":\"" + id + "\",\"instructions\":\"short\"}");

        int before = first.at("/usage/total_tokens").asInt();
        assertThat(second.at("/usage/input_tokens").asInt()).isGreaterThan(before);
        assertThat(second.at("/usage/input_tokens_details/cached_tokens").asInt())
                .isEqualTo((before - 1) / 16 * 16);
        assertThat(second.path("previous_response_id").asText()).isEqualTo(id);
        var unknown = client.post("/v1/responses", "{\"input\":\"x\",\"previous_response_id\":\"resp_other\"}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("Response with id 'resp_other' not found.");
    }

    @Test
    void aStreamedResponseGoesFromCreatedToCompletedInNumberedEvents() throws Exception {
        var body = client.post("/v1/responses", "{\"input\":\"hello\",\"max_output_tokens\":5,\"stream\":true}")
                .body();

        assertThat(eventNames(body))
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.completed");
        var text = new StringBuilder();
        int number = 0;
        JsonNode last = SimClient.JSON.nullNode();
        for (var line : body.lines().filter(l -> l.startsWith("data: ")).toList()) {
            last = SimClient.JSON.readTree(line.substring(6));
            assertThat(last.path("sequence_number").asInt()).isEqualTo(number++);
            if (last.path("type").asText().endsWith("text.delta")) {
                text.append(last.path("delta").asText());
            }
        }
        assertThat(last.at("/response/output/0/content/0/text").asText()).isEqualTo(text.toString());
        assertThat(client.get("/v1/responses/" + last.at("/response/id").asText())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aDemandedFunctionOfAResponseIsCalled() throws Exception {
        var tool = ",\"tools\":[{\"type\":\"function\",\"name\":\"look\",\"parameters\":{\"type\":\"object\"}}],"
                + "\"tool_choice\":\"required\"";
        var answer = ok("/v1/responses", "{\"input\":\"x\"" + tool + "}");
        assertThat(answer.at("/output/0/type").asText()).isEqualTo("function_call");
        assertThat(answer.at("/output/0/name").asText()).isEqualTo("look");
        assertThat(answer.at("/output/0/arguments").asText()).isEqualTo("{}");
        assertThat(eventNames(client.post("/v1/responses", "{\"input\":\"x\",\"stream\":true" + tool + "}")
                        .body()))
                .contains("response.function_call_arguments.delta", "response.function_call_arguments.done");
    }

    @Test
    void messagesTellWhatOfThePromptWasCachedApartFromTheRest() throws Exception {
        var request = "{\"max_tokens\":3,\"ignore_eos\":true,\"system\":\"" + "s".repeat(800)
                + "\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}";
        var first = ok("/v1/messages", request);
        var second = ok("/v1/messages", request);

        assertThat(first.path("type").asText()).isEqualTo("message");
        assertThat(first.path("stop_reason").asText()).isEqualTo("max_tokens");
        assertThat(first.at("/content/0/text").asText()).hasSize(12);
        assertThat(prompt(first.path("usage"))).isEqualTo(prompt(second.path("usage")));
        assertThat(second.at("/usage/cache_read_input_tokens").asInt())
                .isEqualTo((prompt(second.path("usage")) - 1) / 16 * 16)
                .isPositive();
        assertThat(ok("/v1/messages/count_tokens", request).path("input_tokens").asInt())
                .isEqualTo(prompt(first.path("usage")));
    }

    private static int prompt(JsonNode usage) {
        return usage.path("input_tokens").asInt()
                + usage.path("cache_read_input_tokens").asInt()
                + usage.path("cache_creation_input_tokens").asInt();
    }

    @Test
    void theBillingHeaderOfACodingAgentIsNotPartOfThePrompt() throws Exception {
        var rest = "{\"type\":\"text\",\"text\":\"" + "b".repeat(640)
                + "\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        var start = "{\"max_tokens\":1,\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cch=";
        var first = ok("/v1/messages", start + "aaa;\"}," + rest);
        var second = ok("/v1/messages", start + "bbb;\"}," + rest);
        assertThat(second.at("/usage/cache_read_input_tokens").asInt())
                .isEqualTo((prompt(first.path("usage")) - 1) / 16 * 16);
    }

    @Test
    void theSameTextHasTheSameTokensAsChatMessageAndResponse() throws Exception {
        var text = "\"" + "t".repeat(1600) + "\"";
        var turn = "[{\"role\":\"user\",\"content\":" + text + "}]";
        var chat = ok("/v1/chat/completions", "{\"max_tokens\":1,\"messages\":" + turn + "}");
        int prompt = chat.at("/usage/prompt_tokens").asInt();
        var message = ok("/v1/messages", "{\"max_tokens\":1,\"messages\":" + turn + "}");
        var response = ok("/v1/responses", "{\"max_output_tokens\":1,\"input\":" + text + "}");

        assertThat(prompt(message.path("usage"))).isEqualTo(prompt);
        assertThat(message.at("/usage/cache_read_input_tokens").asInt()).isEqualTo((prompt - 1) / 16 * 16);
        assertThat(response.at("/usage/input_tokens").asInt()).isEqualTo(prompt);
        assertThat(response.at("/usage/input_tokens_details/cached_tokens").asInt())
                .isEqualTo((prompt - 1) / 16 * 16);
    }

    @Test
    void streamedMessagesHaveAnthropicsEvents() throws Exception {
        var request = "{\"max_tokens\":4,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
        assertThat(eventNames(client.post("/v1/messages", request + "}").body()))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
        var tool = ",\"tools\":[{\"name\":\"look\",\"input_schema\":{\"type\":\"object\"}}],"
                + "\"tool_choice\":{\"type\":\"any\"}}";
        assertThat(client.post("/v1/messages", request + tool).body())
                .contains("\"type\":\"tool_use\"", "input_json_delta", "\"stop_reason\":\"tool_use\"");
    }

    @Test
    void errorsOfMessagesAreAnthropics() throws Exception {
        var unknown = client.post(
                "/v1/messages",
                "{\"model\":\"nobody\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(client.json(unknown).path("type").asText()).isEqualTo("error");
        assertThat(client.json(unknown).at("/error/type").asText()).isEqualTo("NotFoundError");
        var tooLong = client.post(
                "/v1/messages",
                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"" + "y".repeat(20_000) + "\"}]}");
        assertThat(tooLong.statusCode()).isEqualTo(400);
        assertThat(client.json(tooLong).at("/error/message").asText())
                .contains("maximum context length is 4096 tokens");
    }

    @Test
    void embeddingsTakeTextsAndTokensEachWithinTheContextAlone() throws Exception {
        var inputs = ("\"" + "e".repeat(8000) + "\",").repeat(8);
        var answer = ok("/v1/embeddings", "{\"input\":[" + inputs + "[1,2,3]]}");
        assertThat(answer.path("data")).hasSize(9);
        assertThat(answer.at("/data/0/embedding")).hasSize(16).isEqualTo(answer.at("/data/1/embedding"));
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(8 * 2001 + 3);
        assertThat(ok("/v1/embeddings", "{\"input\":\"x\",\"encoding_format\":\"base64\",\"dimensions\":3}")
                        .at("/data/0/embedding")
                        .asText())
                .hasSize(16);
        var tooLong = "{\"input\":\"" + "e".repeat(20_000) + "\"";
        assertThat(client.post("/v1/embeddings", tooLong + "}").body())
                .contains("maximum context length is 4096 tokens", "embedding generation");
        assertThat(ok("/v1/embeddings", tooLong + ",\"truncate_prompt_tokens\":100}")
                        .at("/usage/prompt_tokens")
                        .asInt())
                .isEqualTo(101);
    }

    @Test
    void poolingAndClassifyAnswerForEachInput() throws Exception {
        assertThat(ok("/pooling", "{\"input\":[\"a\",\"b\"]}").at("/data/1/data"))
                .hasSize(16);
        var classes = ok("/classify", "{\"input\":\"a\"}").at("/data/0");
        assertThat(classes.path("label").asText()).startsWith("LABEL_");
        assertThat(classes.at("/probs/0").asDouble() + classes.at("/probs/1").asDouble())
                .isEqualTo(1);
        assertThat(ok("/pooling", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
                        .path("data"))
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/rerank", "/v1/rerank", "/v2/rerank"})
    void documentsAreRankedByScore(String path) throws Exception {
        var answer = ok(path, "{\"query\":\"q\",\"documents\":[\"a\",\"b\",\"c\"],\"top_n\":2}");
        var results = answer.path("results");
        assertThat(results).hasSize(2);
        assertThat(results.at("/0/relevance_score").asDouble())
                .isGreaterThan(results.at("/1/relevance_score").asDouble());
        assertThat(answer.at("/usage/total_tokens").asInt()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/score", "/v1/score"})
    void pairsAreScored(String path) throws Exception {
        assertThat(ok(path, "{\"text_1\":\"q\",\"text_2\":[\"a\",\"b\"]}").path("data"))
                .hasSize(2);
        assertThat(ok(path, "{\"queries\":[\"p\",\"q\"],\"documents\":[\"a\",\"b\"]}")
                        .path("data"))
                .hasSize(2);
        assertThat(client.post(path, "{\"text_1\":[\"p\",\"q\"],\"text_2\":\"a\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void tokensAreCountedAndTurnedBackAndShareTheCacheWithTheirText() throws Exception {
        var prompt = "grüße an alle ".repeat(40);
        var tokens = ok("/tokenize", "{\"prompt\":\"" + prompt + "\"}");
        assertThat(tokens.path("count").asInt()).isEqualTo(tokens.path("tokens").size());
        assertThat(tokens.path("max_model_len").asInt()).isEqualTo(4096);
        assertThat(ok("/detokenize", "{\"tokens\":" + tokens.path("tokens") + "}")
                        .path("prompt")
                        .asText())
                .isEqualTo(prompt);
        ok("/v1/completions", "{\"max_tokens\":1,\"prompt\":\"" + prompt + "\"}");
        var byIds = ok("/v1/completions", "{\"max_tokens\":1,\"prompt\":" + tokens.path("tokens") + "}");
        assertThat(byIds.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo((tokens.path("count").asInt() - 1) / 16 * 16);
        assertThat(ok("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                        .path("count")
                        .asInt())
                .isPositive();
    }

    @Test
    void tokensInAreAnsweredWithTokensOut() throws Exception {
        var answer = ok(
                "/inference/v1/generate",
                "{\"token_ids\":[5,6,7],\"sampling_params\":{\"max_tokens\":4,\"min_tokens\":4}}");
        assertThat(answer.path("output_mode").asText()).isEqualTo("tokens");
        assertThat(answer.at("/choices/0/token_ids")).hasSize(4);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
    }

    @Test
    void aFormOfSoundIsTranscribedByTheModelItNames() throws Exception {
        assertThat(client.json(form("/v1/audio/transcriptions", SimulatedPool.DEFAULT_MODEL, ""))
                        .path("text")
                        .asText())
                .isNotEmpty();
        assertThat(form("/v1/audio/translations", SimulatedPool.DEFAULT_MODEL, "true")
                        .body())
                .contains("transcription.chunk")
                .endsWith("data: [DONE]\n\n");
        assertThat(form("/v1/audio/transcriptions", "whisper", "").statusCode()).isEqualTo(404);
        assertThat(client.post("/v1/audio/transcriptions", "{}").statusCode()).isEqualTo(400);
    }

    private static HttpResponse<String> form(String path, String model, String stream) throws Exception {
        var boundary = "frontier";
        var body = new StringBuilder();
        for (var field : new String[][] {{"model", model}, {"stream", stream}, {"max_completion_tokens", "5"}}) {
            body.append("--").append(boundary).append("\r\ncontent-disposition: form-data; name=\"");
            body.append(field[0]).append("\"\r\n\r\n").append(field[1]).append("\r\n");
        }
        body.append("--").append(boundary);
        body.append("\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF--x\r\n--");
        body.append(boundary).append("--\r\n");
        return client.http()
                .send(
                        HttpRequest.newBuilder(client.uri(path))
                                .header("content-type", "multipart/form-data; boundary=" + boundary)
                                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aSlashTooManyIsRedirectedToThisVeryEngine() throws Exception {
        var answer = client.post("/v1/chat/completions/?a=b", "{}");
        assertThat(answer.statusCode()).isEqualTo(307);
        assertThat(answer.headers().firstValue("location"))
                .contains(pool.endpoints().getFirst().url() + "/v1/chat/completions?a=b");
        assertThat(client.get("/v1/").body()).isEqualTo("{\"detail\":\"Not Found\"}");
        var wrong = client.delete("/v1/models");
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.body()).isEqualTo("{\"detail\":\"Method Not Allowed\"}");
    }
}
