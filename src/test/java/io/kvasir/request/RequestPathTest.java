package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {

    @Test
    void theDialectFollowsFromThePath() {
        assertThat(Dialect.ofPath("/v1/chat/completions")).isEqualTo(Dialect.CHAT_COMPLETIONS);
        assertThat(Dialect.ofPath("/v1/chat/completions/")).isEqualTo(Dialect.CHAT_COMPLETIONS);
        assertThat(Dialect.ofPath("/v1/completions?x=/v1/embeddings")).isEqualTo(Dialect.COMPLETIONS);
        assertThat(Dialect.ofPath("/v1/responses")).isEqualTo(Dialect.RESPONSES);
        assertThat(Dialect.ofPath("/v1/embeddings")).isEqualTo(Dialect.EMBEDDINGS);
        assertThat(Dialect.ofPath("/v1/messages")).isEqualTo(Dialect.MESSAGES);
        assertThat(Dialect.ofPath("/inference/v1/generate")).isEqualTo(Dialect.GENERATE);
    }

    @ParameterizedTest
    @CsvSource({
        "/team-a/v1/chat/completions, CHAT_COMPLETIONS",
        "/team_a/v1/chat/completions/?x=1, CHAT_COMPLETIONS",
        "/openai/v1/completions, COMPLETIONS",
        "/chat/completions, CHAT_COMPLETIONS",
        "/completions, COMPLETIONS",
        "/api/v1/responses, RESPONSES",
        "/v1beta/openai/chat/completions, CHAT_COMPLETIONS",
        "/openai/deployments/gpt-4o/chat/completions?api-version=1, CHAT_COMPLETIONS",
        "/a/b/c/d/v1/embeddings, EMBEDDINGS",
        "/anthropic/v1/messages?beta=true, MESSAGES",
        "/messages, MESSAGES",
        "/x/inference/v1/generate, GENERATE",
        "https://host:1/v1/chat/completions, CHAT_COMPLETIONS",
        "/v1/chat/%63ompletions, CHAT_COMPLETIONS",
        "/v1/%63hat/completion%73, CHAT_COMPLETIONS",
        "/%76%31/messages, MESSAGES",
        "/v1/messages/count_tokens, MODEL_ONLY",
        "/v1/chat/completions/render, MODEL_ONLY",
        "/rerank, SCORING",
        "/v2/rerank, SCORING",
        "/team/v1/score, SCORING",
        "/v1/audio/transcriptions, MODEL_ONLY",
        "/v1/audio/speech, MODEL_ONLY",
        "/v1/images/edits, MODEL_ONLY",
        "/v1/moderations, MODEL_ONLY",
        "/tokenize, MODEL_ONLY",
        "/detokenize, MODEL_ONLY",
        "/generate, MODEL_ONLY",
        "/pooling, EMBEDDINGS",
        "/classify, EMBEDDINGS"
    })
    void anApiIsFoundByTheEndOfItsPathWhateverIsInFront(String path, Dialect dialect) {
        assertThat(Dialect.ofPath(path)).isEqualTo(dialect);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "",
                "/v1/models",
                "/v1/models/completions",
                "/v1/models/score",
                "/v1/responses/r1/cancel",
                "/v1/threads/thread_1/messages",
                "/v1/messages/batches",
                "/health",
                "/llm/",
                "/llm/m"
            })
    void allOtherPathsPassThrough(String path) {
        assertThat(Dialect.ofPath(path)).isEqualTo(Dialect.PASSTHROUGH);
        assertThat(RequestPath.of(path).problem()).isNull();
    }

    @Test
    void aPrefixNamesTheModel() {
        assertThat(RequestPath.of("/llm/m/v1/completions?a=b"))
                .isEqualTo(new RequestPath(Dialect.COMPLETIONS, "m", "/v1/completions?a=b"));
        assertThat(RequestPath.of("/llm/org/name/v1/chat/completions"))
                .isEqualTo(new RequestPath(Dialect.CHAT_COMPLETIONS, "org/name", "/v1/chat/completions"));
        assertThat(RequestPath.of("/llm/org%2Fna%6de%/v1/models").model()).isEqualTo("org/name%");
        assertThat(RequestPath.of("/llm/a%3Bb%3f%23/v1/models").model()).isEqualTo("a;b?#");
        assertThat(RequestPath.of("/llm/%E5%90%8D/v1/models").model()).isEqualTo("名");
        assertThat(RequestPath.of("/llm/m/inference/v1/generate"))
                .isEqualTo(new RequestPath(Dialect.GENERATE, "m", "/inference/v1/generate"));
        assertThat(RequestPath.of("/llm/m/tokenize")).isEqualTo(new RequestPath(Dialect.MODEL_ONLY, "m", "/tokenize"));
        assertThat(RequestPath.of("/llm/org/name/v2/rerank"))
                .isEqualTo(new RequestPath(Dialect.SCORING, "org/name", "/v2/rerank"));
        assertThat(RequestPath.of("/llm/m?q")).isEqualTo(new RequestPath(Dialect.PASSTHROUGH, "m", "/?q"));
    }

    @Test
    void enginesAreAskedForTheCanonicalPath() {
        assertThat(RequestPath.of("/v1/chat/completions/?a=%2f").upstream()).isEqualTo("/v1/chat/completions?a=%2f");
        assertThat(RequestPath.of("/v1/chat/%63ompletions").upstream()).isEqualTo("/v1/chat/completions");
        assertThat(RequestPath.of("/v1/files/a%2eb%20c%c3%a9/").upstream()).isEqualTo("/v1/files/a.b%20c%C3%A9");
        assertThat(RequestPath.of("/v1/files/100%").upstream()).isEqualTo("/v1/files/100%25");
        assertThat(RequestPath.of("/llm/m/v1/completions/").upstream()).isEqualTo("/v1/completions");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/../admin",
                "/v1/%2e%2e/admin",
                "/v1/.%2E/admin",
                "/v1/./models",
                "/v1/..",
                "/v1/models/../load_lora_adapter",
                "/v1/models/x%2f..%2f..%2fload_lora_adapter",
                "/v1/x%2f..%2fadmin",
                "/v1%2Fchat/completions",
                "/v1%2fload_lora_adapter",
                "/v1/%256coad_lora_adapter",
                "/v1/%25%36coad_lora_adapter",
                "/v1/%%36coad_lora_adapter",
                "/v1/%2525%36c",
                "/v1/a\\b",
                "/v1/a%5cb",
                "/v1/a%00b",
                "/v1/load_lora_adapter%0a",
                "/v1/a%7f",
                "/v1/a\tb",
                "/v1//chat/completions",
                "//v1/chat/completions",
                "/v1/chat/completions//",
                "/v1/chat/completions;x=1",
                "/v1/chat;x/completions",
                "/v1/chat/completions%3Bx",
                "/v1/chat/completions%3Fx",
                "/v1/chat/completions%23x",
                "/v1/chat/completions#x",
                "/v1/%c0%aflora",
                "/v1/%e0%80%af",
                "/v1/%ff",
                "/v1/\uFFFD",
                "/llm//v1/completions",
                "/llm/a%2f%2e%2e%2fb/v1/completions",
                "/llm/a%252Fb/v1/completions",
                "/llm/m/v1%2fmodels/../x"
            })
    void whatTwoReadersCouldTakeForTwoPathsIsAProblem(String path) {
        assertThat(RequestPath.of(path).problem()).isNotNull();
        assertThat(RequestPath.of("/team-a" + path).problem()).isNotNull();
        assertThat(RequestPath.of(path).model()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/load_lora_adapter",
                "/v1/%6coad_lora_adapter",
                "/v1/%6Coad_lora_adapter?x",
                "/v1/l%6Fad_lora_adapter/",
                "/v1/unload_lora_adapter",
                "/load_lora_adapter_from_tensors",
                "/sleep",
                "/sleep?level=2",
                "/Sleep",
                "/wake_up",
                "/reset_prefix_cache",
                "/reset_mm_cache",
                "/reset_encoder_cache",
                "/collective_rpc",
                "/pause",
                "/resume",
                "/update_weights",
                "/update_weights_from_disk",
                "/init_weight_transfer_engine",
                "/start_profile",
                "/stop_profile",
                "/server_info",
                "/flush_cache",
                "/scale_elastic_ep",
                "/abort_request",
                "/abort_requests",
                "/shutdown",
                "/fault_tolerance/apply",
                "/release_memory_occupation",
                "/set_internal_state",
                "/admin/config"
            })
    void whatChangesOneReplicaIsKnownUnderEveryPrefix(String path) {
        assertThat(RequestPath.of(path).oneReplica()).isTrue();
        assertThat(RequestPath.of("/v1" + path).oneReplica()).isTrue();
        assertThat(RequestPath.of("/team-a/b" + path).oneReplica()).isTrue();
        assertThat(RequestPath.of("/llm/m" + path).oneReplica()).isTrue();
        assertThat(RequestPath.of("/llm" + path).oneReplica()).isTrue();
    }

    @Test
    void aModelOfSuchANameIsNoReplica() {
        assertThat(RequestPath.of("/v1/models/sleep").oneReplica()).isFalse();
        assertThat(RequestPath.of("/llm/sleep/v1/chat/completions").oneReplica())
                .isFalse();
        assertThat(RequestPath.of("/sleep/v1/chat/completions").oneReplica()).isFalse();
        assertThat(RequestPath.of("/v1/sleepers").oneReplica()).isFalse();
    }

    @Test
    void modelNamesAreCheckedWithoutBeingQuoted() {
        assertThat(ModelName.problem("meta-llama/Llama-3.1-8B-Instruct:fp8")).isNull();
        assertThat(ModelName.valid("名前")).isTrue();
        assertThat(ModelName.problem(" ")).isEqualTo("the model name is empty");
        assertThat(ModelName.problem("a\nb")).isEqualTo("the model name contains a control or invalid character");
        assertThat(ModelName.problem("m".repeat(257))).isEqualTo("the model name is longer than 256 characters");
        assertThat(ModelName.valid("m".repeat(256))).isTrue();
    }
}
