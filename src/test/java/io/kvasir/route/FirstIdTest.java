package io.kvasir.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirstIdTest {
    private static @Nullable String id(String text, int step) {
        var reader = new FirstId();
        byte[] bytes = text.getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at += step) {
            reader.feed(bytes, at, Math.min(step, bytes.length - at));
        }
        return reader.id();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"resp_1\",\"object\":\"response\"}",
                "{ \"object\" : \"response\" , \"id\" : \"resp_1\" }",
                "{\"output\":[{\"id\":\"msg_1\"},\"id\",\"x\"],\"id\":\"resp_1\"}",
                "{\"text\":\"\\\"id\\\":\\\"no\\\"\",\"kind\":\"id\",\"more\":{\"id\":\"no\"},\"id\":\"resp_1\"}",
                "event: response.created\ndata: {\"response\":{\"id\":\"resp_1\",\"output\":[]},\"type\":\"response.created\"}\n\n",
                "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"a\":[{\"id\":\"no\"}],\"id\":\"resp_1\"}}\n\n",
                ": ping\n\ndata: {\"type\":\"other\",\"item\":{\"id\":\"no\"}}\n\ndata: {\"response\":{\"id\":\"resp_1\"}}\n\n",
            })
    void theObjectsOwnIdIsFoundHoweverItIsCut(String text) {
        assertThat(id(text, 1)).isEqualTo("resp_1");
        assertThat(id(text, 7)).isEqualTo("resp_1");
        assertThat(id(text, 10_000)).isEqualTo("resp_1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[{\"id\":\"x\"}]",
                "{\"id\":7}",
                "{\"id\":\"with \\u0041 escape\"}",
                "{\"id\":\"\"}",
                "{\"object\":\"list\",\"data\":[{\"id\":\"x\"}]}",
                "{\"error\":{\"id\":\"x\"}}",
                "}}}]]]\"id\":\"x\"",
            })
    void whereTheObjectHasNoneNoneIsFound(String text) {
        assertThat(id(text, 3)).isNull();
    }

    @Test
    void onlyTheBeginningIsLookedAt() {
        assertThat(id("{\"text\":\"" + "x".repeat(FirstId.MOST) + "\",\"id\":\"resp_1\"}", 100))
                .isNull();
        assertThat(id("{\"id\":\"" + "x".repeat(StoredObject.LONGEST_ID + 1) + "\"}", 100))
                .isNull();
    }
}
