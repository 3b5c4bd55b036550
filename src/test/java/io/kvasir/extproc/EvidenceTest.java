package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.pool.EndpointHealth.State;
import io.kvasir.route.BodyBudget;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What responses that a gateway shows say of endpoints: the same as what the proxy sees itself. */
class EvidenceTest {
    private static final String ERROR = "{\"error\":{\"message\":\"no\"}}";
    private static final String LOCAL = "upstream connect error or disconnect/reset before headers. reset reason: ";

    private PickerFixture picker;

    @BeforeEach
    void start() throws IOException {
        picker = PickerFixture.start();
    }

    @AfterEach
    void close() {
        picker.close();
    }

    /** A request that was picked for. */
    private ProcessorStream picked() {
        var stream = new ProcessorStream(
                new StreamContext(
                        picker.router,
                        StreamSettings.DEFAULT,
                        new BodyBudget(1 << 20),
                        new ExtProcCounts(),
                        (seconds, action) -> {}),
                new RecordingOutlet());
        stream.receive(Messages.chatHead());
        stream.receive(Messages.requestBody(Messages.chat(100), true));
        return stream;
    }

    private static Endpoint endpoint(ProcessorStream stream) {
        return Objects.requireNonNull(stream.books().booking()).endpoint();
    }

    private static void respond(ProcessorStream stream, Metadata metadata, String body, String... headers) {
        stream.receive(
                new ProxyMessage.Headers(Direction.RESPONSE, Messages.headers(false, headers), metadata, null, false));
        stream.receive(Messages.body(Direction.RESPONSE, body, true));
    }

    private static void respond(ProcessorStream stream, String status, String type, String body) {
        respond(stream, Metadata.getDefaultInstance(), body, ":status", status, "content-type", type);
    }

    private EndpointHealth health(int index) {
        return picker.pool.snapshot().at(index).health();
    }

    private Standing standing(Endpoint endpoint) {
        return endpoint.health().standing(picker.router.nanoTime());
    }

    @ParameterizedTest
    @ValueSource(strings = {"400", "404", "500", "501", "502"})
    void tenRequestsThatEnginesCannotServeTakeNobodyOut(String status) {
        for (int i = 0; i < 30; i++) {
            respond(picked(), status, "application/json", ERROR);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(health(i).routable()).isTrue();
            assertThat(health(i).state()).isNotEqualTo(State.EJECTED);
        }
        assertThat(picker.inFlight()).isZero();
    }

    @Test
    void anEngineThatAloneFailsIsFoundOut() {
        int failed = 0;
        for (int i = 0; i < 100; i++) {
            var stream = picked();
            boolean broken = endpoint(stream).ordinal() == 0;
            failed += broken ? 1 : 0;
            respond(stream, broken ? "500" : "200", "application/json", broken ? ERROR : "{}");
            health(0).probePassed();
        }
        assertThat(health(0).state()).isEqualTo(State.EJECTED);
        assertThat(failed).isBetween(5, 12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"429", "503"})
    void anEngineThatIsTooBusyIsPassedOverForAWhile(String status) {
        var first = picked();
        var busy = endpoint(first);
        respond(
                first,
                Metadata.getDefaultInstance(),
                ERROR,
                ":status",
                status,
                "content-type",
                "application/json",
                "retry-after",
                "20");
        assertThat(standing(busy)).isEqualTo(Standing.PRESSED);
        for (int i = 0; i < 20; i++) {
            var stream = picked();
            assertThat(endpoint(stream)).isNotSameAs(busy);
            respond(stream, "200", "application/json", "{}");
        }
        assertThat(busy.health().routable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {LOCAL + "overflow", "no healthy upstream"})
    void theGatewaysOwnLimitsSayNothingOfTheEndpoint(String text) {
        var stream = picked();
        var endpoint = endpoint(stream);
        respond(stream, "503", "text/plain", text);
        assertThat(standing(endpoint)).isEqualTo(Standing.GOOD);
        assertThat(picker.inFlight()).isZero();
    }

    @Test
    void aRefusedConnectionIsStrongerEvidenceThanASlowOne() {
        var slow = picked();
        respond(slow, "503", "text/plain", LOCAL + "connection timeout");
        assertThat(standing(endpoint(slow))).isEqualTo(Standing.GOOD);

        var refused = picked();
        respond(refused, "503", "text/plain", LOCAL + "remote connection failure, transport failure reason: 111");
        assertThat(standing(endpoint(refused))).isEqualTo(Standing.REFUSED);
    }

    @Test
    void whatAnotherEndpointAnsweredIsNoEvidence() {
        for (int i = 0; i < 60; i++) {
            var stream = picked();
            boolean moved = endpoint(stream).ordinal() == 0;
            var metadata = Metadata.newBuilder()
                    .putFilterMetadata(
                            "envoy.lb",
                            Struct.newBuilder()
                                    .putFields(
                                            Names.SERVED,
                                            Value.newBuilder()
                                                    .setStringValue("10.9.9.9:1")
                                                    .build())
                                    .build())
                    .build();
            respond(
                    stream,
                    moved ? metadata : Metadata.getDefaultInstance(),
                    moved ? ERROR : "{}",
                    ":status",
                    moved ? "500" : "200",
                    "content-type",
                    "application/json");
        }
        assertThat(health(0).state()).isNotEqualTo(State.EJECTED);
        assertThat(health(0).excess()).isZero();
        assertThat(picker.inFlight()).isZero();
    }

    @Test
    void whereAllLookDeadOneIsPickedAnyway() {
        for (int i = 0; i < 3; i++) {
            health(i).connectFailed();
        }
        var stream = picked();
        assertThat(endpoint(stream).health().routable()).isFalse();
        respond(stream, "200", "application/json", "{}");
        assertThat(picker.inFlight()).isZero();
    }
}
