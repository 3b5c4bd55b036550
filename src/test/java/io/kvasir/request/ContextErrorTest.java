package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContextErrorTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4096 | This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
                "8192 | Requested token count exceeds the model's maximum context length of 8192 tokens.",
                "4096 | The input (5000 tokens) is longer than the model's context length (4096 tokens).",
                "2048 | The decoder prompt (length 3000) is longer than the maximum model length of 2048.",
                "8192 | The sum of prompt length (9000.0) and query length (0) should not exceed max_num_tokens (8192)",
                "0 | prompt is too long: 210000 tokens > 200000 maximum",
                "0 | the request exceeds the available context size, try increasing it",
                "2048 | `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3000 `inputs` tokens",
                "131072 | This model's maximum context length is 131,072 tokens."
            })
    void enginesSayItInTheseWords(int limit, String message) {
        String body = "{\"error\":{\"message\":\"" + message + "\"}}";
        assertThat(ContextError.is(400, body)).isTrue();
        assertThat(ContextError.limit(body)).isEqualTo(limit);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "max_tokens must be at least 1, got 0", "the model `m` does not exist"})
    void otherErrorsAreNone(String body) {
        assertThat(ContextError.is(400, body)).isFalse();
        assertThat(ContextError.limit(body)).isZero();
    }

    @Test
    void noOtherStatusMeansIt() {
        String body = "maximum context length is 4096 tokens";
        assertThat(ContextError.is(500, body)).isFalse();
        assertThat(ContextError.is(200, body)).isFalse();
        assertThat(ContextError.is(413, body)).isTrue();
    }
}
