package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
        return list.read();
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
    void aListBeyondTheLimitIsNone() {
        assertThat(read("{\"data\": [{\"id\": \"" + "x".repeat(ModelList.MAX_BYTES) + "\"}]}"))
                .isNull();
        assertThat(read("{\"data\": [{\"id\": \"x\"}]}")).hasSize(1);
    }
}
