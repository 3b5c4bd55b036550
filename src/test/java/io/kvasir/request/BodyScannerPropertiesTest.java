package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Holds for every body: seeded random ones of every dialect, compared with themselves cut, shuffled and spoiled. */
class BodyScannerPropertiesTest {
    private static final Dialect[] DIALECTS = Dialect.values();
    private static final Dialect[] STRICT =
            Arrays.stream(DIALECTS).filter(Dialect::strict).toArray(Dialect[]::new);

    @Test
    void anySplitOfTheSameBytesGivesTheSameResult() {
        var random = new Random(1);
        var bodies = new RandomBodies(random);
        var scanner = new BodyScanner();
        for (int i = 0; i < 1000; i++) {
            Dialect dialect = DIALECTS[i % DIALECTS.length];
            byte[] body = RandomBodies.object(bodies.members(dialect));
            var whole = Scans.scan(scanner, dialect, body, body.length);
            assertThat(Scans.scan(
                            scanner,
                            dialect,
                            body,
                            IntStream.rangeClosed(1, body.length).toArray()))
                    .isEqualTo(whole);
            for (int round = 0; round < 8; round++) {
                int[] ends = random.ints(random.nextInt(12), 0, body.length + 1)
                        .sorted()
                        .toArray();
                ends = Arrays.copyOf(ends, ends.length + 1);
                ends[ends.length - 1] = body.length;
                assertThat(Scans.scan(scanner, dialect, body, ends)).isEqualTo(whole);
            }
        }
    }

    @Test
    void anyOrderOfTheTopLevelMembersGivesTheSameResult() {
        var random = new Random(2);
        var bodies = new RandomBodies(random);
        for (int i = 0; i < 1000; i++) {
            Dialect dialect = DIALECTS[i % DIALECTS.length];
            List<String> members = bodies.members(dialect);
            var whole = Scans.scan(dialect, RandomBodies.object(members));
            for (int round = 0; round < 8; round++) {
                var shuffled = new ArrayList<>(members);
                Collections.shuffle(shuffled, random);
                var scan = Scans.scan(dialect, RandomBodies.object(shuffled));
                assertThat(scan.record()).isEqualTo(whole.record());
                assertThat(withoutPlaces(scan.request())).isEqualTo(withoutPlaces(whole.request()));
            }
        }
    }

    private static String withoutPlaces(Request request) {
        return request.toString().replaceAll("(FieldRanges\\[.*?\\]|rootStart=\\d+)", "");
    }

    @Test
    void everyProperPrefixIsAnErrorAtItsEnd() {
        var bodies = new RandomBodies(new Random(3));
        var scanner = new BodyScanner();
        for (int i = 0; i < 210; i++) {
            Dialect dialect = STRICT[i % STRICT.length];
            byte[] body = RandomBodies.object(bodies.members(dialect));
            for (int end = 0; end < body.length; end++) {
                try {
                    scanner.reset(dialect, new RecordingSink());
                    scanner.feed(body, 0, end);
                    scanner.finish();
                    fail("accepted: " + new String(body, 0, end, UTF_8));
                } catch (MalformedBodyException e) {
                    assertThat(e.offset()).isEqualTo(end);
                }
            }
        }
    }

    @Test
    void aMutatedBodyIsAcceptedExactlyWhenJacksonAcceptsIt() {
        var random = new Random(4);
        var bodies = new RandomBodies(random);
        int accepted = 0;
        int refused = 0;
        for (int i = 0; i < 1500; i++) {
            Dialect dialect = STRICT[i % STRICT.length];
            byte[] body = RandomBodies.object(bodies.members(dialect));
            assertThat(scans(dialect, body, random)).isTrue();
            for (int round = 0; round < 40; round++) {
                byte[] mutated = Mutations.mutate(body, random);
                boolean expected = JacksonOracle.accepts(mutated);
                if (scans(dialect, mutated, random) != expected) {
                    fail("Jackson " + (expected ? "accepts " : "refuses ") + new String(mutated, UTF_8) + " "
                            + Arrays.toString(mutated));
                }
                accepted += expected ? 1 : 0;
                refused += expected ? 0 : 1;
            }
        }
        assertThat(accepted).isGreaterThan(10_000);
        assertThat(refused).isGreaterThan(10_000);
    }

    /** Whether a body is accepted; cut in two somewhere, and checked to be refused at the same byte when whole. */
    private static boolean scans(Dialect dialect, byte[] body, Random random) {
        long whole = errorOffset(dialect, body, body.length);
        assertThat(errorOffset(dialect, body, random.nextInt(body.length + 1))).isEqualTo(whole);
        assertThat(whole).isLessThanOrEqualTo(body.length);
        return whole < 0;
    }

    private static long errorOffset(Dialect dialect, byte[] body, int cut) {
        var scanner = new BodyScanner();
        scanner.reset(dialect, new RecordingSink());
        try {
            scanner.feed(body, 0, cut);
            scanner.feed(body, cut, body.length - cut);
            scanner.finish();
            return -1;
        } catch (MalformedBodyException e) {
            return e.offset();
        }
    }

    @Test
    void textIsUnescapedExactlyAsJacksonDoesIt() throws Exception {
        var bodies = new RandomBodies(new Random(5));
        for (int i = 0; i < 3000; i++) {
            byte[] body = RandomBodies.object(bodies.members(Dialect.CHAT_COMPLETIONS));
            assertThat(JacksonOracle.normal(
                            Scans.scan(Dialect.CHAT_COMPLETIONS, body).record()))
                    .as(() -> new String(body, UTF_8))
                    .isEqualTo(JacksonOracle.chat(body));
        }
    }
}
