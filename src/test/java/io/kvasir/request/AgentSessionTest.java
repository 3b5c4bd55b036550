package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The conversation that a body names, by whatever member. */
class AgentSessionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"device_id\":\"d\",\"session_id\": \"4f\"} | 4f",
                "user_ab12_account__session_4f-5e | 4f-5e",
                "user_ab12 |",
                "{\"session_id\":7} |",
                "{\"session_id\":\"\"} |",
                "{\"session_id |",
                "someone_session_4f |",
            })
    void agentsPutItIntoTheirUsersName(String user, @Nullable String session) {
        assertThat(AgentSession.of(user)).isEqualTo(session);
    }

    private static @Nullable String session(Dialect dialect, String body) throws MalformedBodyException {
        var scanner = new BodyScanner(ScanLimits.DEFAULT);
        scanner.reset(dialect, PromptSink.NONE);
        byte[] bytes = body.getBytes(UTF_8);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        return scanner.request().sessionId();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "MESSAGES | {\"metadata\":{\"user_id\":\"user_a_session_4f\"}} | 4f",
                "CHAT_COMPLETIONS | {\"user\":\"user_a_session_4f\"} |",
                "CHAT_COMPLETIONS | {\"prompt_cache_key\":\"k\",\"session_id\":\"s\"} | s",
                "CHAT_COMPLETIONS | {\"prompt_cache_key\":\"k\"} | k",
                "RESPONSES | {\"prompt_cache_key\":\"k\",\"conversation\":{\"id\":\"c\"}} | c",
                "RESPONSES | {\"prompt_cache_key\":\"k\",\"previous_response_id\":\"r\"} | k",
            })
    void theFirstMemberThatNamesItCounts(Dialect dialect, String body, @Nullable String session)
            throws MalformedBodyException {
        assertThat(session(dialect, body)).isEqualTo(session);
    }
}
