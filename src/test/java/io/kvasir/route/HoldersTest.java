package io.kvasir.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for what one engine keeps. */
class HoldersTest {
    private static final byte[] FOLLOW_UP =
            RouterFixture.body("{\"model\":\"m\",\"input\":\"more\",\"previous_response_id\":\"resp_1\"}");

    private final RouterFixture fixture = new RouterFixture(IntStream.range(0, 8)
            .mapToObj(i -> EndpointSpec.of("e" + i, "10.0.0." + i, 80))
            .toArray(EndpointSpec[]::new));

    private Routing route(Dialect dialect, byte[] body, RoutingHints hints) {
        return fixture.route(dialect, body, RequestHeaders.NONE, hints);
    }

    private Booking booked(Dialect dialect, byte[] body, RoutingHints hints) {
        var routing = route(dialect, body, hints);
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    private static RoutingHints path(String path) {
        return RoutingHints.builder().stored(StoredObject.of(path)).build();
    }

    private static void answer(Booking booking, String body) {
        booking.responseStarted(200);
        var notes = Objects.requireNonNull(AnswerNotes.of(booking, 200));
        byte[] bytes = body.getBytes(UTF_8);
        notes.feed(bytes, 0, bytes.length);
        notes.end();
        booking.finish(Outcome.COMPLETED);
    }

    /** Makes a response; says where it is kept. */
    private String made(String answer) {
        var booking = booked(
                Dialect.RESPONSES, RouterFixture.body("{\"model\":\"m\",\"input\":\"hello\"}"), path("/v1/responses"));
        answer(booking, answer);
        return booking.endpoint().hostPort();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"resp_1\",\"object\":\"response\"}",
                "event: response.created\ndata: {\"response\":{\"id\":\"resp_1\"},\"type\":\"response.created\"}\n\n"
            })
    void aResponseIsAskedForWhereItWasMade(String answer) {
        String holder = made(answer);

        for (String path : List.of("/v1/responses/resp_1", "/v1/responses/resp_1/cancel")) {
            for (int i = 0; i < 4; i++) {
                var booking = booked(Dialect.PASSTHROUGH, new byte[0], path(path));
                assertThat(booking.endpoint().hostPort()).isEqualTo(holder);
                assertThat(booking.decision().reason()).isEqualTo(PickReason.HOLDER);
                booking.finish(Outcome.COMPLETED);
            }
        }
        assertThat(fixture.router.counts().stored(StoredReason.HOLDER)).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\",\"input\":\"more\",\"previous_response_id\":\"resp_1\"}",
                "{\"model\":\"m\",\"input\":\"more\",\"conversation\":\"resp_1\"}",
                "{\"model\":\"m\",\"input\":\"more\",\"conversation\":{\"x\":[1],\"id\":\"resp_1\"}}",
            })
    void aFollowUpGoesWhereWhatItBuildsOnIsKept(String body) {
        String holder = made("{\"id\":\"resp_1\"}");

        for (int i = 0; i < 4; i++) {
            var booking = booked(Dialect.RESPONSES, RouterFixture.body(body), path("/v1/responses"));
            assertThat(booking.endpoint().hostPort()).isEqualTo(holder);
            booking.finish(Outcome.COMPLETED);
        }
    }

    @Test
    void aBatchGoesWhereItsFileIs() {
        var upload = booked(Dialect.PASSTHROUGH, RouterFixture.body("--x\r\n"), path("/v1/files"));
        answer(upload, "{\"id\":\"file-1\",\"object\":\"file\"}");

        var batch =
                booked(Dialect.PASSTHROUGH, RouterFixture.body("{\"input_file_id\":\"file-1\"}"), path("/v1/batches"));
        assertThat(batch.endpoint()).isSameAs(upload.endpoint());
        answer(batch, "{\"id\":\"batch_1\"}");
        var asked = booked(Dialect.PASSTHROUGH, new byte[0], path("/v1/batches/batch_1"));
        assertThat(asked.endpoint()).isSameAs(upload.endpoint());
        asked.finish(Outcome.COMPLETED);
    }

    @Test
    void anIdThatNobodySawGoesAnywhereAndSaysSo() {
        booked(Dialect.RESPONSES, FOLLOW_UP, path("/v1/responses")).finish(Outcome.COMPLETED);

        assertThat(fixture.router.counts().stored(StoredReason.UNKNOWN)).isEqualTo(1);
    }

    @Test
    void whatWasKeptByAnEndpointThatLeftGoesAnywhereAndSaysSo() {
        String holder = made("{\"id\":\"resp_1\"}");
        fixture.pool.apply(fixture.pool.snapshot().endpoints().stream()
                .map(endpoint -> endpoint.spec())
                .filter(spec -> !spec.hostPort().equals(holder))
                .toList());

        booked(Dialect.RESPONSES, FOLLOW_UP, path("/v1/responses")).finish(Outcome.COMPLETED);

        assertThat(fixture.router.counts().stored(StoredReason.GONE)).isEqualTo(1);
    }

    @Test
    void anEndpointThatWasGoneForAMomentIsAskedAgain() {
        String holder = made("{\"id\":\"resp_1\"}");
        var all = fixture.pool.snapshot().endpoints().stream()
                .map(endpoint -> endpoint.spec())
                .toList();
        fixture.pool.apply(
                all.stream().filter(spec -> !spec.hostPort().equals(holder)).toList());
        fixture.pool.apply(all);

        var booking = booked(Dialect.RESPONSES, FOLLOW_UP, path("/v1/responses"));
        assertThat(booking.endpoint().hostPort()).isEqualTo(holder);
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void theGatewaysSubsetCountsMore() {
        String holder = made("{\"id\":\"resp_1\"}");
        String other = fixture.pool.snapshot().endpoints().stream()
                .map(endpoint -> endpoint.hostPort())
                .filter(hostPort -> !hostPort.equals(holder))
                .findFirst()
                .orElseThrow();

        var booking = booked(
                Dialect.RESPONSES,
                FOLLOW_UP,
                path("/v1/responses").toBuilder().subset(List.of(other)).build());

        assertThat(booking.endpoint().hostPort()).isEqualTo(other);
        assertThat(fixture.router.counts().stored(StoredReason.NOT_ALLOWED)).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void aFollowUpForAModelThatTheHolderDoesNotServeGoesWhereItIsServed() {
        String holder = made("{\"id\":\"resp_1\"}");
        for (var endpoint : fixture.pool.snapshot().endpoints()) {
            endpoint.serves(List.of(new ServedModel(endpoint.hostPort().equals(holder) ? "other" : "m", null, 0)));
        }

        var booking = booked(Dialect.RESPONSES, FOLLOW_UP, path("/v1/responses"));

        assertThat(booking.endpoint().hostPort()).isNotEqualTo(holder);
        assertThat(fixture.router.counts().stored(StoredReason.OTHER_MODEL)).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void answersThatKeepNothingAreNotRemembered() {
        var chat = fixture.booked(RouterFixture.chat("m", "hi"), RoutingHints.NONE);
        assertThat(AnswerNotes.of(chat, 200)).isNull();
        chat.finish(Outcome.COMPLETED);
        var listed = booked(Dialect.PASSTHROUGH, new byte[0], path("/v1/files"));
        answer(listed, "{\"object\":\"list\",\"data\":[{\"id\":\"file-1\"}]}");

        assertThat(fixture.router.stored().holder("file-1")).isNull();
    }

    @Test
    void aHolderThatIsDownIsToldApartFromAPoolThatIs() {
        String holder = made("{\"id\":\"resp_1\"}");
        var endpoint = Objects.requireNonNull(fixture.pool.snapshot().byHostPort(holder));
        for (int i = 0; i < 20; i++) {
            endpoint.health().probeFailed();
        }

        var routing = route(Dialect.RESPONSES, FOLLOW_UP, path("/v1/responses"));

        if (routing instanceof Routing.Refused(var rejection)) {
            assertThat(rejection.status()).isEqualTo(503);
            assertThat(rejection.reason()).isEqualTo(RefusalReason.HOLDER_DOWN);
        } else {
            // a router that tries what looks down tries it there, and nowhere else
            assertThat(((Routing.Booked) routing).booking().endpoint().hostPort())
                    .isEqualTo(holder);
        }
    }
}
