package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutputLengthsTest {
    private static final Request PLAIN = Request.withoutBody(Dialect.CHAT_COMPLETIONS);

    private final OutputLengths outputs = new OutputLengths(256);

    private static Request of(@Nullable String session, @Nullable String tenant) {
        return PLAIN.withHeaders(RequestHeaders.NONE.withSessionId(session).withFairnessId(tenant));
    }

    private void seen(Request request, String model, int tokens, int times) {
        for (int i = 0; i < times; i++) {
            outputs.seen(request, model, true, tokens, 1);
        }
    }

    @Test
    void eachModelHasALengthOfItsOwnAndStartsFromThePools() {
        seen(PLAIN, "long", 2_000, 400);
        seen(PLAIN, "short", 10, 400);

        assertThat(outputs.expected(PLAIN, "long")).isCloseTo(2_000, within(50.0));
        assertThat(outputs.expected(PLAIN, "short")).isCloseTo(10, within(50.0));
        assertThat(outputs.expected(PLAIN, "new")).isBetween(10.0, 2_000.0);
    }

    @Test
    void aFewAnswersSayLittleOfAModel() {
        seen(PLAIN, "m", 10_000, 1);

        assertThat(outputs.expected(PLAIN, "m")).isBetween(256.0, 2_000.0);
    }

    @Test
    void aSessionWithEnoughAnswersCountsBeforeItsTenantAndThatBeforeTheModel() {
        seen(of(null, "acme"), "m", 500, 20);
        seen(of("s", "acme"), "m", 50, AnswerHabits.ENOUGH - 1);
        assertThat(outputs.expected(of("s", "acme"), "m")).isGreaterThan(300);

        seen(of("s", "acme"), "m", 50, 1);

        assertThat(outputs.expected(of("s", "acme"), "m")).isCloseTo(50, within(1e-9));
        assertThat(outputs.expected(of("other", "acme"), "m")).isBetween(250.0, 500.0);
        assertThat(outputs.expected(of("other", "else"), "m"))
                .isEqualTo(outputs.expected(PLAIN, "m"))
                .isNotEqualTo(outputs.expected(of("other", "acme"), "m"));
        assertThat(outputs.expected(of("s", null), "another model"))
                .isEqualTo(outputs.expected(PLAIN, "another model"));
    }

    @Test
    void aSessionIsKnownWithinItsTenantOnly() {
        seen(of("s", "acme"), "m", 50, 20);
        seen(of("t", "else"), "m", 5_000, 20);

        assertThat(outputs.expected(of("s", "acme"), "m")).isCloseTo(50, within(1e-9));
        assertThat(outputs.expected(of("s", "else"), "m"))
                .isEqualTo(outputs.expected(of(null, "else"), "m"))
                .isGreaterThan(1_000);
    }

    @Test
    void namesThatAreMadeUpDisplaceNoneThatAreReal() {
        seen(PLAIN, "real", 1_000, 400);
        for (int i = 0; i < 40; i++) {
            seen(of("session-" + i, "tenant-" + i), "real", 5 + i, 8);
        }

        double before = outputs.expected(PLAIN, "real");
        for (int i = 0; i < 100_000; i++) {
            outputs.seen(of("forged-" + i, "forged-" + i), "forged-" + i, false, 1, 2);
        }

        assertThat(outputs.expected(PLAIN, "real")).isEqualTo(before);
        for (int i = 0; i < 40; i++) {
            assertThat(outputs.expected(of("session-" + i, "tenant-" + i), "real"))
                    .isCloseTo(5 + i, within(1e-9));
            assertThat(outputs.expected(of(null, "tenant-" + i), "real")).isCloseTo(5 + i, within(1e-9));
        }
        seen(PLAIN, "new and real", 3_000, 400);
        assertThat(outputs.expected(PLAIN, "new and real")).isCloseTo(3_000, within(50.0));
    }

    @Test
    void aPlaceThatNobodyUsesIsGivenAway() {
        var habits = new AnswerHabits();
        for (int i = 0; i < 20_000; i++) {
            for (int k = 0; k < AnswerHabits.ENOUGH; k++) {
                habits.seen(AnswerHabits.Whose.TENANT, null, "old-" + i, "m", 7, 0);
            }
        }
        long later = AnswerHabits.KEPT_NANOS + 1;
        for (int i = 0; i < 100; i++) {
            for (int k = 0; k < AnswerHabits.ENOUGH; k++) {
                habits.seen(AnswerHabits.Whose.TENANT, null, "new-" + i, "m", 9, later);
            }
        }

        for (int i = 0; i < 100; i++) {
            assertThat(habits.mean(AnswerHabits.Whose.TENANT, null, "new-" + i, "m"))
                    .isEqualTo(9);
        }
    }

    @Test
    void aNameWithoutEndIsNotFollowed() {
        var habits = new AnswerHabits();
        String name = "x".repeat(AnswerHabits.LONGEST_NAME + 1);
        for (int k = 0; k < 10; k++) {
            habits.seen(AnswerHabits.Whose.SESSION, null, name, "m", 7, 0);
        }

        assertThat(habits.mean(AnswerHabits.Whose.SESSION, null, name, "m")).isNaN();
    }

    @Test
    void anEngineIsBelievedSoMuchAndNoMore() {
        for (int i = 0; i < 10_000; i++) {
            outputs.seen(PLAIN, "m", true, Integer.MAX_VALUE, 1);
        }

        assertThat(outputs.expected(PLAIN, "m")).isLessThanOrEqualTo(131_072);
    }
}
