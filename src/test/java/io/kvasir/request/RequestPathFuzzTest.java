package io.kvasir.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a request's target. */
class RequestPathFuzzTest {
    static Stream<byte[]> targets() {
        return Stream.of(
                        "/llm/a%2Fb/v1/chat/completions?x=/v1/",
                        "http://h/v1/models/../completions/", "/v1/%63ompletions;x=1//%2e%2E/%00\\")
                .map(text -> text.getBytes(ISO_8859_1));
    }

    @MethodSource("targets")
    @FuzzTest
    void whatAnEngineIsAskedIsReadAsTheSameOnceMore(byte[] target) {
        var path = RequestPath.of(new String(target, ISO_8859_1));

        if (path.problem() == null && path.model() == null) {
            var again = RequestPath.of(path.upstream());
            assertThat(again).isEqualTo(path);
        }
    }
}
