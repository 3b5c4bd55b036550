package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.testing.Cuts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a list of models. */
class ModelListFuzzTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @MethodSource("lists")
    @FuzzTest
    void howAListOfModelsIsCutMakesNoDifference(byte[] list) {
        var whole = models(list, Cuts.whole(list));
        boolean json = json(list);
        for (int round = 0; round < 3; round++) {
            var cut = models(list, Cuts.of(list, round));
            if (json) {
                assertThat(cut).isEqualTo(whole);
            }
        }
    }

    /** Of what is none, Jackson's parser of pieces lets a comma too many pass where a piece ends behind it. */
    private static boolean json(byte[] list) {
        try {
            return !JSON.readTree(list).isMissingNode();
        } catch (IOException e) {
            return false;
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
