package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.ServedModel;
import io.kvasir.route.ModelLists;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams whose model nobody lists wait until lists were read. */
class HeldForModelsTest {
    private static final String BODY = "{\"model\":\"lora\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final BlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
    private PickerFixture picker;

    @BeforeEach
    void start() throws IOException {
        picker = PickerFixture.start();
        picker.pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("base", null, 0))));
        picker.router.lists(new ModelLists() {
            @Override
            public boolean refresh(Runnable done) {
                return waiting.add(done);
            }

            @Override
            public void reread(Endpoint endpoint) {
                // nobody answers
            }
        });
    }

    @AfterEach
    void stop() {
        picker.close();
    }

    private ProxyCall call(BodySendMode mode) {
        var call = new ProxyCall(picker.channel());
        call.send(new ProxyMessage.Headers(
                Direction.REQUEST,
                Messages.headers(false, ":method", "POST", ":path", "/v1/chat/completions"),
                Metadata.getDefaultInstance(),
                Messages.modes(mode, mode),
                false));
        if (mode == BodySendMode.BUFFERED) {
            assertThat(call.answer().hasRequestHeaders()).isTrue();
        }
        return call;
    }

    private Runnable held() throws InterruptedException {
        var held = waiting.poll(20, TimeUnit.SECONDS);
        assertThat(held).as("a stream that waits").isNotNull();
        return held;
    }

    @ParameterizedTest
    @EnumSource(
            value = BodySendMode.class,
            names = {"FULL_DUPLEX_STREAMED", "BUFFERED"})
    void aStreamGoesWhereTheModelIsListedOnceListsWereRead(BodySendMode mode) throws Exception {
        var call = call(mode);
        call.send(Messages.requestBody(BODY, true));
        var held = held();
        assertThat(call.now()).isNull();
        picker.pool
                .snapshot()
                .at(1)
                .serves(List.of(new ServedModel("base", null, 0), new ServedModel("lora", "base", 0)));

        held.run();

        assertThat(Messages.picked(call.answer())).isEqualTo("10.0.0.2:8000");
        call.cancel();
        Await.await(() -> picker.inFlight() == 0);
    }

    @Test
    void whereListsAreAsTheyWereTheClientIsToldSo() throws Exception {
        var call = call(BodySendMode.FULL_DUPLEX_STREAMED);
        call.send(Messages.requestBody(BODY, true));

        held().run();

        assertThat(call.answer().getImmediateResponse().getStatus().getCode()).isEqualTo(404);
    }

    @Test
    void aStreamThatEndsWhileItWaitsLeavesNothingBehind() throws Exception {
        var call = call(BodySendMode.FULL_DUPLEX_STREAMED);
        call.send(Messages.requestBody(BODY, true));
        var held = held();
        call.cancel();
        Await.await(() -> picker.server.counts().open() == 0);

        held.run();

        assertThat(picker.inFlight()).isZero();
    }

    @Test
    void trailersThatComeMeanwhileFollowThePick() throws Exception {
        var call = call(BodySendMode.FULL_DUPLEX_STREAMED);
        call.send(Messages.requestBody(BODY, false));
        call.send(new ProxyMessage.Trailers(Direction.REQUEST, false));
        var held = held();
        picker.pool.snapshot().at(0).serves(List.of(new ServedModel("lora", null, 0)));

        held.run();

        assertThat(Messages.picked(call.answer())).isEqualTo("10.0.0.1:8000");
        assertThat(call.answer().hasRequestBody()).isTrue();
        assertThat(call.answer().hasRequestTrailers()).isTrue();
        call.cancel();
    }
}
