package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kvasir.admission.FailingAdmission;
import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.clock.ScaledClock;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.ImmediateResponse;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.request.Refusals;
import io.kvasir.route.WaitReason;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams whose requests wait to be let in, in every body mode. */
class WaitingStreamsTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final TestAdmission admission = new TestAdmission(Mode.HOLD);
    private PickerFixture picker;

    /** How a request comes to where it is decided. */
    enum Arrival {
        DUPLEX(BodySendMode.FULL_DUPLEX_STREAMED),
        DUPLEX_WITHOUT_BODY(BodySendMode.FULL_DUPLEX_STREAMED),
        DUPLEX_UPGRADE(BodySendMode.FULL_DUPLEX_STREAMED),
        BUFFERED(BodySendMode.BUFFERED),
        BUFFERED_PARTIAL(BodySendMode.BUFFERED_PARTIAL),
        STREAMED(BodySendMode.STREAMED),
        NONE(BodySendMode.NONE);

        private final BodySendMode mode;

        Arrival(BodySendMode mode) {
            this.mode = mode;
        }
    }

    @BeforeEach
    void start() throws IOException {
        start(StreamSettings.DEFAULT);
    }

    private void start(StreamSettings settings) throws IOException {
        picker = PickerFixture.start(settings);
        picker.router.admission(admission);
    }

    @AfterEach
    void stop() {
        picker.close();
    }

    private ProxyCall call(Arrival arrival) {
        var call = new ProxyCall(picker.channel());
        boolean bodiless = arrival == Arrival.DUPLEX_WITHOUT_BODY;
        var headers = arrival == Arrival.DUPLEX_UPGRADE
                ? Messages.headers(false, ":method", "GET", ":path", "/v1/realtime", "upgrade", "websocket")
                : Messages.headers(bodiless, ":method", bodiless ? "GET" : "POST", ":path", "/v1/chat/completions");
        call.send(new ProxyMessage.Headers(
                Direction.REQUEST,
                headers,
                Metadata.getDefaultInstance(),
                Messages.modes(arrival.mode, arrival.mode),
                false));
        switch (arrival) {
            case DUPLEX -> call.send(Messages.requestBody(BODY, true));
            case BUFFERED, BUFFERED_PARTIAL -> {
                assertThat(call.answer().hasRequestHeaders()).isTrue();
                call.send(Messages.requestBody(BODY, true));
            }
            case DUPLEX_WITHOUT_BODY, DUPLEX_UPGRADE, STREAMED, NONE -> {}
        }
        return call;
    }

    private static String header(ImmediateResponse refused, String name) {
        return refused.getHeaders().getSetHeadersList().stream()
                .filter(header -> header.getHeader().getKey().equals(name))
                .map(header -> header.getHeader().getRawValue().toStringUtf8())
                .findFirst()
                .orElse("none");
    }

    private static void assertRefused(ProxyCall call, int status, String reason) {
        var refused = call.answer().getImmediateResponse();
        assertThat(refused.getStatus().getCode()).isEqualTo(status);
        assertThat(header(refused, "x-llm-d-request-dropped-reason")).isEqualTo(reason);
        assertThat(call.closed().getCode()).isEqualTo(Status.Code.OK);
    }

    private void assertNothingIsLeft() {
        Await.await(() -> picker.server.counts().open() == 0
                && picker.inFlight() == 0
                && admission.inside() == 0
                && admission.waiting() == 0
                && picker.server.bodyBytes() == 0
                && picker.router.counts().waits().waiting(WaitReason.ADMISSION) == 0);
    }

    @ParameterizedTest
    @EnumSource
    void whoIsLetGoOnAnotherThreadIsPickedFor(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();
        assertThat(call.now()).isNull();
        assertThat(picker.inFlight()).isZero();

        assertThat(admission.letGo(ticket)).isTrue();

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        assertThat(picker.inFlight()).isEqualTo(1);
        call.cancel();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void whomAnAdmissionThatThrowsCouldNotJudgeIsPickedFor(Arrival arrival) {
        for (boolean holds : new boolean[] {false, true}) {
            var failing = new FailingAdmission(holds);
            picker.router.admission(failing);

            var call = call(arrival);
            assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
            call.cancel();

            assertNothingIsLeft();
        }
        assertThat(CollectedMetrics.of(picker.router::describe).value(FailingAdmission.COUNTER))
                .isGreaterThanOrEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void whoIsRefusedIsToldWhyAndWhenToComeAgain(Arrival arrival) throws Exception {
        var call = call(arrival);
        assertThat(admission.refuse(admission.held())).isTrue();

        var refused = call.answer().getImmediateResponse();
        assertThat(refused.getStatus().getCode()).isEqualTo(429);
        assertThat(header(refused, "retry-after")).isEqualTo("7");
        assertThat(call.closed().getCode()).isEqualTo(Status.Code.OK);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void whoIsRefusedAtOnceDoesNotWait(Arrival arrival) {
        admission.mode(Mode.REFUSE);

        assertRefused(call(arrival), 429, "rejected-saturated");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aDeadlineEndsTheWaitThoughNobodyElseDoes(Arrival arrival) {
        admission.patience(Duration.ofMillis(20).toNanos());

        assertRefused(call(arrival), 429, "rejected-ttl-expired");
        assertThat(admission.left()).isEqualTo(1);
        assertNothingIsLeft();
    }

    @Test
    void aDeadlineIsOfTheEnginesTimeHoweverSlowItPasses() throws Exception {
        picker.close();
        picker = PickerFixture.start(StreamSettings.DEFAULT, ScaledClock.of(System::nanoTime, 0.1));
        picker.router.admission(admission.patience(Duration.ofMillis(20).toNanos()));

        assertRefused(call(Arrival.BUFFERED), 429, "rejected-ttl-expired");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesLeavesNothingBehind(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();

        call.cancel();

        assertNothingIsLeft();
        assertThat(admission.letGo(ticket)).isFalse();
        assertThat(picker.router.counts().waits().cancelled(WaitReason.ADMISSION))
                .isEqualTo(1);
        assertThat(picker.inFlight()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aGatewayThatClosesItsSideIsAnsweredWithoutWaiting(Arrival arrival) throws Exception {
        var call = call(arrival);
        admission.held();
        admission.mode(Mode.ADMIT);

        call.halfClose();

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        assertThat(admission.left()).isEqualTo(1);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aGatewayThatClosesItsSideAndCannotBeLetInIsRefused(Arrival arrival) throws Exception {
        var call = call(arrival);
        admission.held();

        call.halfClose();

        assertRefused(call, 429, "rejected-saturated");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aDrainTellsWhoWaits(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();

        picker.server.stop(Duration.ZERO);

        assertThat(call.answer().getImmediateResponse().getStatus().getCode()).isEqualTo(503);
        assertNothingIsLeft();
        assertThat(ticket.end()).isInstanceOf(Ticket.End.Cancelled.class);
    }

    private FlowControl queue() {
        var flow = new FlowControl(
                FlowSettings.DEFAULT,
                picker.pool,
                new TimeModel(ModelCatalogue.load()),
                2_000_000_000L,
                System::nanoTime,
                () -> new SplittableRandom(1));
        picker.router.admission(flow);
        picker.pool
                .snapshot()
                .endpoints()
                .forEach(one -> one.load().placePrefill(3_600_000_000_000L, System.nanoTime()));
        return flow;
    }

    @Test
    void whatWaitsInTheQueueOutlivesAPoolThatIsEmptiedAndFilled() {
        var flow = queue();
        var call = call(Arrival.DUPLEX);
        Await.await(() -> flow.snapshot().waiting() == 1);

        picker.pool.apply(List.of());
        flow.tick();
        assertThat(flow.snapshot().waiting()).isEqualTo(1);
        // under the same addresses come other replicas, whose books are empty
        picker.pool.apply(PickerFixture.specs(PickerFixture.ENDPOINTS));

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        call.cancel();
        assertNothingIsLeft();
    }

    @Test
    void whatWaitsInTheQueueIsToldWhenTheDrainIsOver() {
        var flow = queue();
        var call = call(Arrival.DUPLEX);
        Await.await(() -> flow.snapshot().waiting() == 1);

        picker.server.stop(Duration.ZERO);

        var refused = call.answer().getImmediateResponse();
        assertThat(refused.getStatus().getCode()).isEqualTo(503);
        assertThat(header(refused, "x-llm-d-request-dropped-reason")).isEqualTo("rejected-shutting-down");
        assertThat(refused.getBody().toStringUtf8()).contains("\"shutting_down\"");
        assertThat(flow.snapshot().waiting()).isZero();
        assertNothingIsLeft();
    }

    @Test
    void whatWaitsInTheQueueIsServedWhileTheDoorDrains() {
        var flow = queue();
        var call = call(Arrival.DUPLEX);
        Await.await(() -> flow.snapshot().waiting() == 1);
        var stopped = CompletableFuture.runAsync(() -> picker.server.stop(Duration.ofSeconds(60)));

        picker.pool
                .snapshot()
                .endpoints()
                .forEach(one -> one.load().releasePrefill(3_600_000_000_000L, System.nanoTime()));
        flow.tick();

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        call.cancel();
        stopped.join();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void itGoesWhereThePoolIsThen(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();
        picker.pool.apply(PickerFixture.specs(List.of("10.0.0.9:8000")));

        admission.letGo(ticket);

        assertThat(Messages.picked(call.answer())).isEqualTo("10.0.0.9:8000");
        call.cancel();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void whoIsLetGoIntoAnEmptyPoolIsTold(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();
        picker.pool.apply(List.of());

        admission.letGo(ticket);

        assertRefused(call, 503, "rejected-no-endpoints");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource(names = {"DUPLEX", "BUFFERED", "BUFFERED_PARTIAL"})
    void theBodyStaysChargedWhileItWaits(Arrival arrival) throws Exception {
        var call = call(arrival);
        var ticket = admission.held();
        Await.await(() -> picker.server.bodyBytes() >= BODY.length());

        admission.letGo(ticket);

        call.answer();
        Await.await(() -> picker.server.bodyBytes() == 0);
        call.cancel();
        assertNothingIsLeft();
    }

    @Test
    void trailersAndARepeatedEndThatComeMeanwhileFollowThePickOfABufferedBody() throws Exception {
        var call = call(Arrival.BUFFERED);
        var ticket = admission.held();
        call.send(Messages.requestBody("", true));
        call.send(new ProxyMessage.Trailers(Direction.REQUEST, false));
        Await.await(() -> picker.server.counts().of(StreamEvent.REPEATED_END) == 1);

        admission.letGo(ticket);

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        assertThat(call.answer().hasRequestBody()).isTrue();
        assertThat(call.answer().hasRequestTrailers()).isTrue();
        call.cancel();
        assertNothingIsLeft();
    }

    @Test
    void piecesThatComeMeanwhileAreAnsweredBehindThePickOneByOne() throws Exception {
        var call = call(Arrival.STREAMED);
        var ticket = admission.held();
        call.send(Messages.requestBody("{\"model\":", false));
        call.send(Messages.requestBody("\"m\"}", false));
        call.send(new ProxyMessage.Trailers(Direction.REQUEST, false));
        Await.await(() -> picker.server.bodyBytes() > 0);

        admission.letGo(ticket);

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        assertThat(call.answer().hasRequestBody()).isTrue();
        assertThat(call.answer().hasRequestBody()).isTrue();
        assertThat(call.answer().hasRequestTrailers()).isTrue();
        call.cancel();
        assertNothingIsLeft();
    }

    @Test
    void bytesOfAnUpgradedConnectionThatComeMeanwhilePassBehindThePick() throws Exception {
        var call = call(Arrival.DUPLEX_UPGRADE);
        var ticket = admission.held();
        long before = picker.server.bodyBytes();
        call.send(Messages.requestBody("x".repeat(5_000), false));
        Await.await(() -> picker.server.bodyBytes() > before);

        admission.letGo(ticket);

        assertThat(Messages.picked(call.answer())).isIn(PickerFixture.ENDPOINTS);
        assertThat(call.answer()
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getBody()
                        .size())
                .isEqualTo(5_000);
        call.cancel();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMED", "NONE", "DUPLEX_UPGRADE"})
    void whereMoreComesThanThereIsRoomForNobodyWaits(Arrival arrival) throws Exception {
        picker.close();
        start(StreamSettings.builder().streamBytes(10_000).build());
        var call = call(arrival);
        admission.held();

        call.send(Messages.requestBody("x".repeat(11_000), false));

        assertRefused(call, 429, "rejected-saturated");
        assertThat(picker.server.counts().of(StreamEvent.DECIDED_EARLY)).isEqualTo(1);
        assertNothingIsLeft();
    }

    @Test
    void aBodyThatReachesItsBudgetIsDecidedWithoutWaiting() throws Exception {
        picker.close();
        start(StreamSettings.builder().streamBytes(1_000).build());
        var call = new ProxyCall(picker.channel());
        call.send(Messages.chatHead());

        call.send(Messages.requestBody("{\"model\":\"m\",\"prompt\":\"" + "x".repeat(1_200), false));

        assertRefused(call, 429, "rejected-saturated");
        assertNothingIsLeft();
    }

    @Test
    void aRequestInFlightMakesRoomWhileItsClientWasToldNothing() {
        admission.mode(Mode.ADMIT);
        var call = call(Arrival.DUPLEX);
        assertThat(call.answer().hasRequestHeaders()).isTrue();
        assertThat(call.answer().hasRequestBody()).isTrue();
        var booked = admission.booked().element();
        assertThat(booked.evictable()).isTrue();

        assertThat(booked.evict(Refusals.evicted(1_500))).isTrue();

        var refused = call.answer().getImmediateResponse();
        assertThat(refused.getStatus().getCode()).isEqualTo(429);
        assertThat(header(refused, "x-llm-d-request-dropped-reason")).isEqualTo("evicted-priority");
        assertThat(header(refused, "retry-after")).isEqualTo("2");
        assertThat(header(refused, "retry-after-ms")).isEqualTo("1500");
        assertThat(call.closed().getCode()).isEqualTo(Status.Code.OK);
        assertNothingIsLeft();
    }

    @Test
    void aRequestWhoseAnswerHasBegunKeepsItsPlace() {
        admission.mode(Mode.ADMIT);
        var call = call(Arrival.DUPLEX);
        assertThat(call.answer().hasRequestHeaders()).isTrue();
        assertThat(call.answer().hasRequestBody()).isTrue();
        call.send(Messages.responseHead(200, "application/json"));
        assertThat(call.answer().hasResponseHeaders()).isTrue();

        var booked = admission.booked().element();
        assertThat(booked.evictable()).isFalse();
        assertThat(booked.evict(Refusals.evicted(0))).isFalse();
        call.cancel();
        assertNothingIsLeft();
    }
}
