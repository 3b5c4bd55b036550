package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What samples, lists and requests that generate nothing cost. */
class WorkTest {
    private static final String WORDS = "word".repeat(4_000);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Endpoint endpoint = endpoint();

    private static Endpoint endpoint() {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(
                EndpointSpecs.of("e", 1, Role.BOTH, "NVIDIA-H200", EngineKind.VLLM, "meta-llama/Llama-3.1-8B", 0)));
        return pool.snapshot().at(0);
    }

    private static Work work(Dialect dialect, String members) {
        var scanner = new BodyScanner();
        scanner.reset(dialect, PromptSink.NONE);
        byte[] body = ("{" + members + "}").getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return Work.of(scanner.request(), 100);
    }

    private Prediction predict(Work work) {
        return time.predict(endpoint, "m", work, 0, 0, 0);
    }

    @Test
    void samplesShareOnePrefillAndDecodeSideBySide() {
        var one = predict(work(Dialect.COMPLETIONS, "\"prompt\":\"" + WORDS + "\""));
        var eight = predict(work(Dialect.COMPLETIONS, "\"prompt\":\"" + WORDS + "\",\"n\":2,\"best_of\":8"));

        assertThat(eight.work().sequences()).isEqualTo(8);
        assertThat(eight.prefill()).isEqualTo(one.prefill());
        assertThat(eight.perToken()).isGreaterThan(one.perToken());
        // not one behind the other
        assertThat(eight.decode()).isLessThan(4 * one.decode());
        assertThat(eight.work().kvTokens()).isCloseTo(one.work().kvTokens() + 700, within(1e-9));
    }

    @Test
    void promptsOfAListArePrefilledEachAndAttendToNoOther() {
        var one = predict(work(Dialect.COMPLETIONS, "\"prompt\":\"" + WORDS + WORDS.replace('w', 'v') + "\""));
        var two = predict(
                work(Dialect.COMPLETIONS, "\"prompt\":[\"" + WORDS + "\",\"" + WORDS.replace('w', 'v') + "\"]"));

        assertThat(two.work().promptTokens()).isEqualTo(one.work().promptTokens());
        assertThat(two.work().sequences()).isEqualTo(2);
        assertThat(two.prefill()).isLessThan(one.prefill()).isGreaterThan(one.prefill() / 2);
    }

    @Test
    void equalPromptsOfAListArePrefilledOnce() {
        var one = predict(work(Dialect.COMPLETIONS, "\"prompt\":\"" + WORDS + "\""));
        var four = predict(work(
                Dialect.COMPLETIONS,
                "\"prompt\":[\"" + WORDS + "\",\"" + WORDS + "\",\"" + WORDS + "\",\"" + WORDS + "\"]"));

        assertThat(four.work().sequences()).isEqualTo(4);
        assertThat(four.work().uncachedTokens(0)).isCloseTo(one.work().uncachedTokens(0), within(1e-6));
        assertThat(four.prefill()).isLessThanOrEqualTo(one.prefill());
    }

    @Test
    void embeddingsAndScoresDecodeNothing() {
        var embeddings = predict(work(Dialect.EMBEDDINGS, "\"input\":[\"" + WORDS + "\",\"other\"],\"n\":9"));
        var scores = predict(work(Dialect.SCORING, "\"query\":\"q\",\"documents\":[\"" + WORDS + "\",\"other\"]"));

        for (var prediction : List.of(embeddings, scores)) {
            assertThat(prediction.work().sequences()).isZero();
            assertThat(prediction.decode()).isZero();
            assertThat(prediction.prefill()).isPositive();
            assertThat(prediction.end()).isEqualTo(prediction.firstToken());
        }
        assertThat(scores.work().prompts()).isEqualTo(3);
    }

    @Test
    void whatDecodesAtAnEndpointIsCountedBySequences() {
        var alone = predict(work(Dialect.COMPLETIONS, "\"prompt\":\"a\""));
        endpoint.load().place(64, 100, 6_400);
        endpoint.load().placePrefill(64, 0, 0);
        assertThat(endpoint.load().decoding()).isZero();
        endpoint.load().releasePrefill(64, 0, 0);

        assertThat(endpoint.load().requests()).isEqualTo(1);
        assertThat(endpoint.load().decoding()).isEqualTo(64);
        assertThat(predict(work(Dialect.COMPLETIONS, "\"prompt\":\"a\"")).perToken())
                .isGreaterThan(alone.perToken());

        endpoint.load().release(64, 100, 6_400);
        assertThat(endpoint.load().sequences()).isZero();
        assertThat(endpoint.load().decoding()).isZero();
    }
}
