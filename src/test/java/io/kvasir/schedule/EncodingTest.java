package io.kvasir.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who encodes the media of a request for the endpoint that answers it. */
class EncodingTest {
    private static final String MODEL = "m";

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));

    private void pool(EndpointSpec... specs) {
        pool.apply(List.of(specs));
    }

    private static EndpointSpec spec(String name, int number, Role role) {
        return EndpointSpecs.of(name, number, role, "NVIDIA-H100");
    }

    /** An endpoint whose label says what it does. */
    private static EndpointSpec labelled(String name, int number, String role) {
        return EndpointSpec.builder(name, "10.0.0." + number, 8000)
                .role(Role.parse(role).orElseThrow())
                .labels(Map.of(Role.LABEL, role))
                .build();
    }

    private Endpoint endpoint(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.spec().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A chat with so many images. */
    private static Request chat(int images) {
        return chat(Collections.nCopies(images, "1").toArray(String[]::new));
    }

    /** A chat with images of these names. */
    private static Request chat(String... images) {
        var parts = new StringBuilder();
        for (String name : images) {
            parts.append(",{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://a/")
                    .append(name)
                    .append("\"}}");
        }
        byte[] body =
                ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}"
                                + parts + "]}]}")
                        .getBytes(UTF_8);
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    private Decision decide(Encoding encoding, Request request, @Nullable List<String> subset) {
        context.begin(request, MODEL, pool.snapshot(), subset, 1, Long.MAX_VALUE, 256);
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, null).decision());
        var pairing = new Pairing(new PdDecider.Never(), Policy.TIME.prefillProfile(time), time, false, encoding);
        return pairing.pair(context, pool.snapshot(), subset, decision, null);
    }

    private Decision byRole(Request request) {
        return decide(Encoding.byRole(Policy.TIME.encodeProfile(time)), request, null);
    }

    /** A profile as files have it: the role's filter, and that picker. */
    private Encoding named(int endpoints) {
        var context = new PluginContext(time);
        return Encoding.by(new ProfileBuilder("encode", PluginRegistry.shipped(), context)
                .add("encode-filter")
                .add("max-score-picker", 1, Map.of("maxNumOfEndpoints", endpoints))
                .build());
    }

    @Test
    void asManyEncodeAsThereAreParts() {
        pool(
                spec("d", 1, Role.DECODE),
                spec("e1", 2, Role.ENCODE),
                spec("e2", 3, Role.ENCODE),
                spec("e3", 4, Role.ENCODE),
                spec("e4", 5, Role.ENCODE));

        var one = byRole(chat(1));
        assertThat(one.endpoint()).isSameAs(endpoint("d"));
        assertThat(one.encoders()).hasSize(1);
        assertThat(one.encoding()).isEqualTo(EncodeReason.ENCODED);
        assertThat(byRole(chat(2)).encoders()).hasSize(2).doesNotHaveDuplicates();
        assertThat(byRole(chat(9)).encoders()).hasSize(3).doesNotContain(endpoint("d"));
    }

    @Test
    void textIsEncodedByNobody() {
        pool(spec("d", 1, Role.DECODE), spec("e", 2, Role.ENCODE));

        var decision = byRole(chat(0));

        assertThat(decision.encoders()).isEmpty();
        assertThat(decision.encoding()).isEqualTo(EncodeReason.NONE);
        var embeddings = decide(named(1), Request.withoutBody(Dialect.EMBEDDINGS), null);
        assertThat(embeddings.encoding()).isEqualTo(EncodeReason.NONE);
    }

    @Test
    void theOneWithLeastToEncodeIsTaken() {
        pool(spec("d", 1, Role.DECODE), spec("e1", 2, Role.ENCODE), spec("e2", 3, Role.ENCODE));
        endpoint("e1").load().place(0, 256, 0);

        for (int i = 0; i < 10; i++) {
            assertThat(byRole(chat(1)).encoders()).containsExactly(endpoint("e2"));
        }
    }

    @Test
    void whereNobodyEncodesForOthersTheOneThatAnswersDoes() {
        pool(spec("d", 1, Role.DECODE), spec("b", 2, Role.BOTH));

        assertThat(byRole(chat(1)).encoding()).isEqualTo(EncodeReason.NO_ENCODE_ENDPOINT);
        assertThat(decide(named(1), chat(1), null).encoding()).isEqualTo(EncodeReason.NO_ENCODE_ENDPOINT);
        assertThat(decide(Encoding.NEVER, chat(1), null).encoding()).isEqualTo(EncodeReason.NONE);
    }

    @Test
    void encodersThatAreDownServeAnotherModelOrAreNotInTheSubsetAreLeftOut() {
        pool(spec("d", 1, Role.DECODE), spec("e1", 2, Role.ENCODE), spec("e2", 3, Role.ENCODE));
        var encoding = Encoding.byRole(Policy.TIME.encodeProfile(time));

        endpoint("e1").health().connectFailed();
        assertThat(byRole(chat(5)).encoders()).containsExactly(endpoint("e2"));
        assertThat(decide(encoding, chat(5), List.of("10.0.0.1:8000", "10.0.0.2:8000"))
                        .encoding())
                .isEqualTo(EncodeReason.UNHEALTHY);
        assertThat(decide(encoding, chat(5), List.of("10.0.0.1:8000")).encoding())
                .isEqualTo(EncodeReason.NO_ENCODE_ENDPOINT);
        endpoint("d").serves(List.of(new ServedModel(MODEL, null, 0)));
        endpoint("e2").serves(List.of(new ServedModel("other", null, 0)));
        assertThat(byRole(chat(5)).encoding()).isEqualTo(EncodeReason.UNHEALTHY);
    }

    @Test
    void aProfileOfAFileNamesAsManyAsItsPickerSaysByTheFieldsLabels() {
        pool(
                labelled("d", 1, "decode"),
                labelled("ep", 2, "encode-prefill"),
                labelled("e", 3, "encode"),
                labelled("p", 4, "prefill"));

        assertThat(decide(named(1), chat(3), null).encoders()).hasSize(1);
        assertThat(decide(named(2), chat(1), null).encoders()).containsExactlyInAnyOrder(endpoint("ep"), endpoint("e"));
    }

    @Test
    void nobodyEncodesForItself() {
        pool(labelled("all", 1, "encode-prefill-decode"));

        assertThat(decide(named(1), chat(1), null).encoding()).isEqualTo(EncodeReason.NO_ENCODE_ENDPOINT);
    }

    /** Sidecars send the different parts to those that are named in turn. */
    @Test
    void eachOfSeveralIsRememberedWithThePartsThatItGets() {
        pool(spec("d", 1, Role.DECODE), spec("e1", 2, Role.ENCODE), spec("e2", 3, Role.ENCODE));
        var encoding = Encoding.by(new ProfileBuilder("encode", PluginRegistry.shipped(), new PluginContext(time))
                .add("encode-filter")
                .add("mm-embeddings-cache-scorer")
                .add("max-score-picker", 1, Map.of("maxNumOfEndpoints", 2))
                .build());

        var encoders = decide(encoding, chat("a", "b", "a", "c"), null).encoders();

        assertThat(decide(encoding, chat("b"), null).encoders()).containsExactly(encoders.get(1), encoders.get(0));
        assertThat(decide(encoding, chat("c"), null).encoders()).isEqualTo(encoders);
        assertThat(decide(encoding, chat("a"), null).encoders()).isEqualTo(encoders);
    }

    @Test
    void whatWasBookedIsRememberedWhereItIsExplainedTooAndWhatIsOnlyExplainedIsNot() {
        pool(spec("d", 1, Role.DECODE), spec("e1", 2, Role.ENCODE), spec("e2", 3, Role.ENCODE));
        var scorer = new MediaCacheScorer();
        var pairing = new Pairing(
                new PdDecider.Never(),
                Policy.TIME.prefillProfile(time),
                time,
                false,
                Encoding.by(new Profile(
                        "encode",
                        List.of(RoleFilter.encode()),
                        List.of(new Profile.Weighted(scorer, 1)),
                        new MaxScorePicker(1e-9))));
        context.begin(chat("a"), MODEL, pool.snapshot(), null, 1, Long.MAX_VALUE, 256);
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, null).decision());
        var scores = new double[3];

        pairing.explain(context, pool.snapshot(), null, decision, new Explanation(time));
        context.candidates(pool.snapshot(), null);
        scorer.score(context, scores);
        assertThat(scores).containsOnly(0);

        pairing.pair(context, pool.snapshot(), null, decision, new Explanation(time));
        context.candidates(pool.snapshot(), null);
        scorer.score(context, scores);
        assertThat(scores).contains(1);
    }
}
