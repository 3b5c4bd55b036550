package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Where requests go that say how fast is fast enough, over an H200, an L4 and a slice between them. */
class SloTest {
    private static final String MODEL = "llama-3.1-8b";
    private static final int FAST = 0;
    private static final int SLICE = 1;
    private static final int SLOW = 2;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));
    private int output = 100;
    private Profile profile = Policy.TIME.profile(time);

    SloTest() {
        var specs = new ArrayList<EndpointSpec>();
        specs.add(EndpointSpec.builder("fast", "10.0.0.1", 80)
                .product("NVIDIA-H200")
                .model(MODEL)
                .build());
        specs.add(EndpointSpec.builder("slice", "10.0.0.2", 80)
                .product("NVIDIA-H200")
                .partition("3g.71gb")
                .model(MODEL)
                .build());
        specs.add(EndpointSpec.builder("slow", "10.0.0.3", 80)
                .product("NVIDIA-L4")
                .model(MODEL)
                .build());
        pool.apply(specs);
    }

    private Endpoint picked(double ttft, double tpot, int... cachedTokens) {
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        byte[] body = ("{\"model\":\"" + MODEL + "\",\"max_tokens\":" + output
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + "word".repeat(2000) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        Request request = scanner.request().withHeaders(RequestHeaders.NONE.withSlo(ttft, tpot));
        context.begin(request, MODEL, pool.snapshot(), null, 1, 2_000_000_000L, output);
        context.matches().reset(cachedTokens.length);
        for (int i = 0; i < cachedTokens.length; i++) {
            context.matches().tokens()[i] = cachedTokens[i];
        }
        return Objects.requireNonNull(profile.run(context, null).decision()).endpoint();
    }

    private Endpoint endpoint(int place) {
        return pool.snapshot().at(place);
    }

    @Test
    void whoSaysNothingGetsTheFastest() {
        assertThat(picked(Double.NaN, Double.NaN)).isSameAs(endpoint(FAST));
    }

    @Test
    void whoHasTimeGetsTheSlowestThatIsFastEnough() {
        assertThat(picked(10, Double.NaN)).isSameAs(endpoint(SLOW));
        assertThat(picked(10, 1)).isSameAs(endpoint(SLOW));
        assertThat(picked(Double.NaN, 1)).isSameAs(endpoint(SLOW));
    }

    @Test
    void aTighterTimeNeedsAFasterOne() {
        double slow = time.rates(endpoint(SLOW), MODEL).rates().prefillSeconds(2000, 0, 0);
        double slice = time.rates(endpoint(SLICE), MODEL).rates().prefillSeconds(2000, 0, 0);

        // an expectation that was never compared may be off by as much again, and only a quarter of the time is for now
        assertThat(picked(8.8 * slow, Double.NaN)).isSameAs(endpoint(SLOW));
        assertThat(picked(7.2 * slow, Double.NaN)).isSameAs(endpoint(SLICE));
        assertThat(picked(7.2 * slice, Double.NaN)).isSameAs(endpoint(FAST));
    }

    @Test
    void aTimePerTokenCountsLikewise() {
        double slow = time.rates(endpoint(SLOW), MODEL).rates().interTokenSeconds(1, 2050);

        assertThat(picked(10, 8.8 * slow)).isSameAs(endpoint(SLOW));
        assertThat(picked(10, 7.2 * slow)).isSameAs(endpoint(SLICE));
    }

    @Test
    void whoSaysNothingHasTheTimesOfTheConfiguration() {
        profile = Policy.standing("usual", time)
                .add("time-scorer", 1, Map.of("ttftSloMillis", 10_000.0, "tpotSloMillis", 1_000.0))
                .add("max-score-picker")
                .build();

        assertThat(picked(Double.NaN, Double.NaN)).isSameAs(endpoint(SLOW));
        assertThat(picked(0.001, Double.NaN)).isSameAs(endpoint(FAST));
    }

    @Test
    void whatNobodyCanMeetGoesWhereItIsLeastLate() {
        assertThat(picked(0.001, Double.NaN)).isSameAs(endpoint(FAST));
    }

    @Test
    void aSlowOneThatIsBusyIsNoLongerFastEnough() {
        endpoint(SLOW).load().placePrefill(20_000_000_000L, 1);

        assertThat(picked(10, Double.NaN)).isSameAs(endpoint(SLICE));
    }

    @Test
    void ofReplicasOfManyAcceleratorsTheCheaperIsTakenHoweverLongTheAnswer() {
        pool.apply(List.of(
                EndpointSpec.builder("sixteen", "10.0.0.1", 80)
                        .product("NVIDIA-B200")
                        .count(16)
                        .model(MODEL)
                        .build(),
                EndpointSpec.builder("eight", "10.0.0.2", 80)
                        .product("NVIDIA-B200")
                        .count(8)
                        .model(MODEL)
                        .build()));

        output = 20_000;

        for (int i = 0; i < 20; i++) {
            assertThat(picked(3600, 10).spec().name()).isEqualTo("eight");
        }
    }

    @Test
    void whoHoldsThePromptIsCheapThoughItIsFast() {
        for (int i = 0; i < 50; i++) {
            endpoint(FAST).load().place(10, 100);
        }

        assertThat(picked(10, Double.NaN, 2000, 0, 0)).isSameAs(endpoint(FAST));
    }
}
