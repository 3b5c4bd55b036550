package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where a text falls apart. */
class AddedTokensTest {
    private static List<Object> pieces(Map<String, Integer> tokens, String text) {
        var pieces = new ArrayList<Object>();
        new AddedTokens(tokens).split(text, new AddedTokens.Pieces() {
            @Override
            public void text(int from, int to) {
                pieces.add(text.substring(from, to));
            }

            @Override
            public void token(int id) {
                pieces.add(id);
            }
        });
        return pieces;
    }

    @Test
    void ofTokensThatBeginAlikeTheLongestStands() {
        var tokens = Map.of("<a", 1, "<ab|c>", 2, "<abd>", 3, "x", 4, "", 5);
        assertThat(pieces(tokens, "<ab|<abd><ab|c>z<a<ab|c")).containsExactly(1, "b|", 3, 2, "z", 1, 1, "b|c");
        assertThat(pieces(tokens, "<<x")).containsExactly("<<", 4);
        assertThat(pieces(tokens, "")).isEmpty();
    }

    @Test
    void aTextThatSeemsToBeginOneOfManyTokensAtEachPlaceIsWhole() {
        var tokens = new HashMap<String, Integer>();
        for (int i = 0; i < 5_000; i++) {
            tokens.put("<unused" + i + ">", i);
        }
        String text = "<".repeat(1 << 20);
        assertThat(pieces(tokens, text + "<unused4711>" + text)).containsExactly(text, 4_711, text);
    }
}
