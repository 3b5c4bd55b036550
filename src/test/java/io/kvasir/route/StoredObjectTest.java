package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoredObjectTest {
    @ParameterizedTest
    @CsvSource({
        "/v1/responses/resp_1, /v1/responses, resp_1",
        "/v1/responses/resp_1?stream=true, /v1/responses, resp_1",
        "/v1/responses/resp_1/cancel, /v1/responses, resp_1",
        "/v1/responses/resp_1/input_items?limit=2, /v1/responses, resp_1",
        "/openai/v1/responses/resp_1, /v1/responses, resp_1",
        "/v1/batches/batch_7/cancel, /v1/batches, batch_7",
        "/v1/files/file-7/content, /v1/files, file-7",
        "/v1/conversations/conv_1/items, /v1/conversations, conv_1",
        "/v1/videos/video_1, /v1/videos, video_1",
    })
    void aPathNamesWhatIsKept(String path, String where, String id) {
        assertThat(StoredObject.of(path)).isEqualTo(new StoredObject(where, id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses", "/v1/responses/", "/v1/files?purpose=x"})
    void aCollectionIsWhereThingsAreMade(String path) {
        var object = Objects.requireNonNull(StoredObject.of(path));

        assertThat(object.id()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/responses/input_tokens",
                "/v1/responses/compact",
                "/v1/responses/a%2Fb",
                "/v1/responsesx/y",
                "/x?/v1/responses/y",
                "/",
                "",
            })
    void elsewhereNothingIsKept(String path) {
        assertThat(StoredObject.of(path)).isNull();
    }

    @Test
    void aBodyNamesWhatItBuildsOn() {
        assertThat(StoredObject.namedInBody("resp_1")).isEqualTo(new StoredObject("/v1/responses", "resp_1"));
        assertThat(StoredObject.namedInBody("conv_1")).isEqualTo(new StoredObject("/v1/conversations", "conv_1"));
        assertThat(StoredObject.namedInBody("file-1")).isEqualTo(new StoredObject("/v1/files", "file-1"));
        assertThat(StoredObject.namedInBody("no id/../x")).isNull();
        assertThat(StoredObject.namedInBody(null)).isNull();
    }
}
