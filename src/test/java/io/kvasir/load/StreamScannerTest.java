package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StreamScannerTest {
    private static final String STREAM = """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

            : a comment
            data: {"choices":[{"index":0,"delta":{"content":"one "}}]}

            data:{"choices":[{"index":0,"delta":{"content": "two"}}],"usage":null}

            data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}

            data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}

            data: [DONE]

            """;

    @Test
    void anySplitOfAStreamGivesTheSameAccount() {
        var bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var scanner = new StreamScanner();
            int content = scanner.feed(Arrays.copyOf(bytes, cut))
                    + scanner.feed(Arrays.copyOfRange(bytes, cut, bytes.length));

            assertThat(content).isEqualTo(2);
            assertThat(scanner.promptTokens()).isEqualTo(9);
            assertThat(scanner.completionTokens()).isEqualTo(2);
            assertThat(scanner.cachedTokens()).isEqualTo(4);
            assertThat(scanner.done()).isTrue();
            assertThat(scanner.failed()).isFalse();
        }
    }

    @Test
    void whatIsNotReportedIsUnknown() {
        var scanner = new StreamScanner();
        scanner.feed(
                "data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n".getBytes(StandardCharsets.UTF_8));

        assertThat(scanner.cachedTokens()).isEqualTo(-1);
        assertThat(scanner.done()).isFalse();
    }

    @Test
    void anErrorEventAnAbsurdLineAndBrokenUsageAreFailures() {
        var error = new StreamScanner();
        error.feed("data: {\"error\":{\"message\":\"no\"}}\n".getBytes(StandardCharsets.UTF_8));
        assertThat(error.failed()).isTrue();

        var usage = new StreamScanner();
        usage.feed("data: {\"usage\":{\n".getBytes(StandardCharsets.UTF_8));
        assertThat(usage.failed()).isTrue();

        var line = new StreamScanner();
        line.feed(new byte[2 << 20]);
        assertThat(line.failed()).isTrue();
    }
}
