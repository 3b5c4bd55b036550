package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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

    @Test
    void allOtherPathsPassThrough() {
        for (String path : new String[] {
            "/",
            "",
            "/v1/models",
            "/v1/responses/r1/cancel",
            "/v1/messages/count_tokens",
            "/tokenize",
            "/llm/",
            "/llm/m"
        }) {
            assertThat(Dialect.ofPath(path)).as(path).isEqualTo(Dialect.PASSTHROUGH);
        }
    }

    @Test
    void aPrefixNamesTheModel() {
        assertThat(RequestPath.of("/llm/m/v1/completions?a=b"))
                .isEqualTo(new RequestPath(Dialect.COMPLETIONS, "m", "/v1/completions?a=b"));
        assertThat(RequestPath.of("/llm/org/name/v1/chat/completions"))
                .isEqualTo(new RequestPath(Dialect.CHAT_COMPLETIONS, "org/name", "/v1/chat/completions"));
        assertThat(RequestPath.of("/llm/org%2Fna%6de%/v1/models").model()).isEqualTo("org/name%");
        assertThat(RequestPath.of("/llm/m/inference/v1/generate"))
                .isEqualTo(new RequestPath(Dialect.GENERATE, "m", "/inference/v1/generate"));
        assertThat(RequestPath.of("/llm/m/tokenize")).isEqualTo(new RequestPath(Dialect.PASSTHROUGH, "m", "/tokenize"));
        assertThat(RequestPath.of("/llm/m?q")).isEqualTo(new RequestPath(Dialect.PASSTHROUGH, "m", "/?q"));
    }

    @Test
    void aPrefixWithoutAModelIsNone() {
        assertThat(RequestPath.of("/llm//v1/completions"))
                .isEqualTo(new RequestPath(Dialect.PASSTHROUGH, null, "/llm//v1/completions"));
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
