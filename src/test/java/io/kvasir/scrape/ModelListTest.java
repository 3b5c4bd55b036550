package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelListTest {
    private final ModelList list = new ModelList();

    private @Nullable List<ServedModel> read(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        list.begin();
        list.add(bytes, 0, bytes.length / 2);
        list.add(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
        var read = list.read(1);
        return read == null ? null : read.list();
    }

    @Test
    void aRecordedListOfVllm() {
        String answer = new String(RecordedPages.models(), StandardCharsets.UTF_8);

        assertThat(read(answer.substring(answer.indexOf('{'))))
                .containsExactly(new ServedModel("tiny-qwen3", null, 2048));
    }

    @Test
    void adaptersNameTheirBaseModelAndOddEntriesArePassedOver() {
        assertThat(read("""
                                {"object": "list", "more": [{"id": "no"}], "data": [
                                  {"id": "base", "parent": null, "max_model_len": 99999999999},
                                  {"permission": [{"id": "p"}], "id": "lora", "parent": "base", "root": "/x"},
                                  7, [1], {"id": 3}, {"id": ""}, {"max_model_len": 5}
                                ]}
                                """))
                .containsExactly(new ServedModel("base", null, Integer.MAX_VALUE), new ServedModel("lora", "base", 0));
        assertThat(read("{\"data\": []}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{\"data\": {}}", "{\"data\": [", "{\"data\": [{\"id\": \"a\"", "<html>"})
    void whatIsNoListOfModelsIsNone(String text) {
        assertThat(read(text)).isNull();
    }

    @Test
    void aListMayBeLongerThanAnythingThatIsKeptOfIt() {
        var entry = "{\"id\": \"m%d\", \"description\": \"" + "x".repeat(1000) + "\"}";
        var text = new StringBuilder("{\"data\": [");
        for (int i = 0; i < 5000; i++) {
            text.append(i == 0 ? "" : ",").append(entry.formatted(i));
        }
        byte[] bytes = text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        list.begin();
        for (int at = 0; at < bytes.length; at += 1448) {
            list.add(bytes, at, Math.min(1448, bytes.length - at));
        }

        var read = Objects.requireNonNull(list.read(1));

        assertThat(bytes.length).isGreaterThan(4 << 20);
        assertThat(read.complete()).isTrue();
        assertThat(read.list()).hasSize(5000);
        assertThat(read.has("m4999")).isTrue();
    }

    @Test
    void moreModelsThanAreKeptLeaveTheListIncomplete() {
        var text = new StringBuilder("{\"data\": [");
        for (int i = 0; i <= ModelList.MAX_MODELS; i++) {
            text.append(i == 0 ? "" : ",").append("{\"id\":\"m").append(i).append("\"}");
        }
        byte[] bytes = text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        list.begin();
        list.add(bytes, 0, bytes.length);

        var read = Objects.requireNonNull(list.read(1));

        assertThat(read.list()).hasSize(ModelList.MAX_MODELS);
        assertThat(read.complete()).isFalse();
    }
}
