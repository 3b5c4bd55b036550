package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelNameTest {
    @ParameterizedTest
    @CsvSource({
        "m, m",
        "meta-llama/Llama-3.1-8B, meta-llama/Llama-3.1-8B",
        "publishers/llm/models/m, m",
        "publishers/llm/models/meta-llama/Llama-3.1-8B, meta-llama/Llama-3.1-8B",
        "publishers/llm/models/, publishers/llm/models/",
        "publishers//models/m, publishers//models/m",
        "publishers/llm/m, publishers/llm/m",
        "publishers/a/b/models/m, publishers/a/b/models/m",
        "publishers, publishers"
    })
    void theSecondNameOfAPlatformFoldsIntoTheFirst(String name, String folded) {
        assertThat(ModelName.folded(name)).isEqualTo(folded);
    }
}
