package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.testing.Cuts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as the body of any API. */
class BodyScannerFuzzTest {
    private static final int ROUNDS = 3;
    private static final String MODEL = "mine\u00e9\"";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What came of a body: what was read of it, or where and why it was refused. */
    private record Outcome(
            @Nullable Request request,
            List<String> record,
            long refusedAt,
            @Nullable String refusal) {}

    static Stream<byte[]> bodies() {
        var bodies = new RandomBodies(new Random(1));
        var seeds = new ArrayList<byte[]>();
        for (Dialect dialect : Dialect.values()) {
            seeds.add(RandomBodies.object(bodies.members(dialect)));
            seeds.add(Mutations.mutate(RandomBodies.object(bodies.members(dialect)), new Random(dialect.ordinal())));
        }
        seeds.add("{\"model\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":7}".getBytes(UTF_8));
        return seeds.stream();
    }

    @MethodSource("bodies")
    @FuzzTest
    void howABodyIsCutMakesNoDifferenceToWhatIsRead(byte[] body) {
        var scanner = new BodyScanner();
        for (Dialect dialect : Dialect.values()) {
            var whole = outcome(scanner, dialect, body, Cuts.whole(body));
            for (int round = 0; round < ROUNDS; round++) {
                assertThat(outcome(scanner, dialect, body, Cuts.of(body, round)))
                        .as("%s, round %d", dialect, round)
                        .isEqualTo(whole);
            }
        }
    }

    @MethodSource("bodies")
    @FuzzTest
    void aBodyIsRefusedExactlyWhenJacksonRefusesItAndTheApiCares(byte[] body) {
        boolean object = JacksonOracle.accepts(body);
        if (beyondLimits(body)) {
            return;
        }
        for (Dialect dialect : Dialect.values()) {
            var outcome = outcome(new BodyScanner(), dialect, body, Cuts.of(body, 1));
            assertThat(outcome.refusal() == null).as("%s", dialect).isEqualTo(object || !dialect.strict());
            assertThat(outcome.refusedAt()).isBetween(-1L, (long) body.length);
            if (outcome.request() != null) {
                assertThat(outcome.request().opaque()).isEqualTo(!object);
            }
        }
    }

    @MethodSource("bodies")
    @FuzzTest
    void anotherModelIsAllThatAnEditedBodySaysDifferently(byte[] body) throws IOException {
        if (!JacksonOracle.accepts(body) || beyondLimits(body)) {
            return;
        }
        var request = Scans.scan(Dialect.CHAT_COMPLETIONS, body).request();
        var edit = BodyEdits.model(request, MODEL);

        var edited = new ByteArrayOutputStream();
        for (ByteBuffer piece : edit.apply(pieces(body))) {
            assertThat(piece.hasRemaining()).isTrue();
            edited.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }

        var wanted = (ObjectNode) JSON.readTree(body);
        wanted.put("model", MODEL);
        assertThat(JSON.readTree(edited.toByteArray())).isEqualTo(wanted);
        assertThat((long) edited.size()).isEqualTo(edit.lengthAfter(body.length));
    }

    /** Whether a string that is kept is longer than one may be, of which Jackson knows nothing. */
    private static boolean beyondLimits(byte[] body) {
        for (Dialect dialect : Dialect.values()) {
            var refusal =
                    outcome(new BodyScanner(), dialect, body, Cuts.whole(body)).refusal();
            if (refusal != null && refusal.contains("is longer than")) {
                return true;
            }
        }
        return false;
    }

    private static List<ByteBuffer> pieces(byte[] body) {
        var pieces = new ArrayList<ByteBuffer>();
        int from = 0;
        for (int end : Cuts.of(body, 1)) {
            pieces.add(ByteBuffer.wrap(body, from, end - from));
            from = end;
        }
        return pieces;
    }

    private static Outcome outcome(BodyScanner scanner, Dialect dialect, byte[] body, int[] ends) {
        var sink = new RecordingSink();
        scanner.reset(dialect, sink);
        try {
            int from = 0;
            for (int end : ends) {
                // bytes around the piece must not matter
                byte[] wider = new byte[end - from + 10];
                Arrays.fill(wider, (byte) '"');
                System.arraycopy(body, from, wider, 5, end - from);
                scanner.feed(wider, 5, end - from);
                from = end;
            }
            scanner.finish();
        } catch (MalformedBodyException e) {
            return new Outcome(null, List.of(), e.offset(), e.getMessage());
        }
        var request = scanner.request();
        return new Outcome(request, request.opaque() ? List.of() : sink.record(), -1, null);
    }
}
