package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BackPressureTest {
    private static final String CHUNK = "x".repeat(50_000);
    private static final int ENOUGH = 6;

    private final ExtProcCounts counts = new ExtProcCounts();
    private final BodyBudget budget = new BodyBudget(1 << 20);
    private final RecordingOutlet outlet = new RecordingOutlet();
    private PickerFixture picker;
    private ProcessorStream stream;

    @BeforeEach
    void open() throws IOException {
        picker = PickerFixture.start();
        stream = new ProcessorStream(
                new StreamContext(picker.router, StreamSettings.DEFAULT, budget, counts, (_, _) -> {}), outlet);
        stream.receive(Messages.chatHead());
    }

    @AfterEach
    void close() {
        stream.cancelled();
        assertThat(budget.used()).isZero();
        assertThat(counts.open()).isZero();
        picker.close();
    }

    private void respond(int chunks) {
        for (int i = 0; i < chunks; i++) {
            stream.receive(Messages.body(Direction.RESPONSE, CHUNK, false));
        }
    }

    @Test
    void readingPausesWhileTheProxyTakesNoMoreAndGoesOnWhenItDoes() {
        stream.receive(Messages.requestBody("{\"model\":\"m\",\"messages\":[]}", true));
        stream.receive(Messages.responseHead(200, "text/event-stream"));
        outlet.ready = false;
        int before = outlet.requested;
        respond(ENOUGH);
        assertThat(outlet.requested - before).isEqualTo(ENOUGH - 1);
        assertThat(counts.of(StreamEvent.PAUSED)).isEqualTo(1);
        assertThat(budget.used()).isEqualTo((long) ENOUGH * (HeldBytes.PIECE + CHUNK.length()));

        outlet.ready = true;
        stream.ready();
        assertThat(outlet.requested - before).isEqualTo(ENOUGH);
        assertThat(budget.used()).isZero();
        // two answers to the request, and one to the response's headers
        assertThat(outlet.messages).hasSize(3 + ENOUGH);
    }

    @Test
    void aRequestThatIsStillHeldIsReadWhateverWaits() {
        stream.receive(Messages.responseHead(413, "text/plain"));
        outlet.ready = false;
        int before = outlet.requested;
        respond(ENOUGH);
        stream.receive(Messages.requestBody("{\"model\":\"m\",", false));
        assertThat(outlet.requested - before).isEqualTo(ENOUGH + 1);
        assertThat(counts.of(StreamEvent.PAUSED)).isZero();
    }
}
