package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.testing.Cuts;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a list of models. */
class ModelListFuzzTest {
    @MethodSource("lists")
    @FuzzTest
    void howAListOfModelsIsCutMakesNoDifference(byte[] list) {
        var whole = models(list, Cuts.whole(list));
        for (int round = 0; round < 3; round++) {
            assertThat(models(list, Cuts.of(list, round))).isEqualTo(whole);
        }
    }

    static Stream<byte[]> lists() {
        return Stream.of(
                        "{\"data\":[{\"id\":\"base\",\"parent\":null,\"max_model_len\":99999999999},"
                                + "{\"permission\":[{\"id\":\"p\"}],\"id\":\"lora\",\"parent\":\"base\"},7,[1]]}",
                        "{\"data\":{},\"data\":[]}")
                .map(text -> text.getBytes(UTF_8));
    }

    private static List<Object> models(byte[] answer, int[] ends) {
        var list = new ModelList();
        list.begin();
        int from = 0;
        for (int end : ends) {
            list.add(answer, from, end - from);
            from = end;
        }
        var read = list.read(1);
        return read == null ? List.of() : new ArrayList<>(List.of(read.list(), read.complete()));
    }
}
