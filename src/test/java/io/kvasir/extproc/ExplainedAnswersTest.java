package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The picker has the gateway put into an answer why it came from where, where operators ask for it. */
class ExplainedAnswersTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

    /** Headers that the gateway is told to set, of the answer to one chat. */
    private static Map<String, String> set(StreamSettings streams) throws IOException {
        var settings = PickerFixture.plaintext().toBuilder().streams(streams).build();
        try (var picker = PickerFixture.start(
                settings, PickerFixture.specs(PickerFixture.ENDPOINTS.subList(0, 1)), Policy.TIME)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody(BODY, true));
            while (!call.answer().hasRequestBody()) {
                // the pick, then the body
            }
            call.send(Messages.responseHead(200, "application/json"));
            var answer = call.answer();
            call.cancel();
            assertThat(answer.hasResponseHeaders()).isTrue();
            var set = new LinkedHashMap<String, String>();
            answer.getResponseHeaders()
                    .getResponse()
                    .getHeaderMutation()
                    .getSetHeadersList()
                    .forEach(option -> set.put(
                            option.getHeader().getKey(),
                            option.getHeader().getRawValue().toStringUtf8()));
            return set;
        }
    }

    @Test
    void sayEndpointReasonSecondsAndTokens() throws IOException {
        var set = set(StreamSettings.builder().explain(true).build());

        assertThat(set)
                .containsEntry("x-kvasir-endpoint", "engine-0")
                .containsEntry("x-kvasir-reason", "only-candidate")
                .containsEntry("x-kvasir-cached-tokens", "0");
        assertThat(Double.parseDouble(set.get("x-kvasir-predicted-ttft-seconds")))
                .isPositive()
                .isLessThan(Double.parseDouble(set.get("x-kvasir-predicted-seconds")));
    }

    @Test
    void sayNothingWhereNobodyAsked() throws IOException {
        assertThat(set(StreamSettings.DEFAULT)).isEmpty();
    }
}
