package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class PromptBuilderTest {
    private static Prompt text(String namespace, String... texts) {
        var prompt = new PromptBuilder(4, namespace);
        for (var text : texts) {
            prompt.text(text);
        }
        return prompt.build();
    }

    @Test
    void fourBytesAreAToken() {
        assertThat(text("", "abcdefgh").length()).isEqualTo(2);
        assertThat(text("", "abcdefghi").length()).isEqualTo(3);
        assertThat(text("", "a", "b").length()).isEqualTo(2);
        assertThat(text("", "äöüß").length()).isEqualTo(2);
    }

    @Test
    void equalBeginningsHaveEqualBlocksUpToTheDifference() {
        var one = text("", "a".repeat(64) + "tail one of it..");
        var two = text("", "a".repeat(64) + "TAIL one of it..");

        assertThat(one.fullBlocks()).isEqualTo(5);
        for (int i = 0; i < 4; i++) {
            assertThat(one.block(i)).isEqualTo(two.block(i));
        }
        assertThat(one.block(4)).isNotEqualTo(two.block(4));
        assertThat(one.block(0)).isNotEqualTo(one.block(1));
    }

    @Test
    void namespacesShareNothing() {
        assertThat(text("", "a".repeat(64)).block(0))
                .isNotEqualTo(text("adapter", "a".repeat(64)).block(0));
    }

    @Test
    void generatedTextHasTheTokensThatWereGenerated() {
        var question = new PromptBuilder(4, "");
        question.text("what is it?!");
        var prompt = question.build();
        var sequence = new Sequence(prompt, Output.to(prompt, 0, 13, 13, true), new EngineFixture.Recorder(), 0);
        for (int i = 0; i < 13; i++) {
            sequence.generate();
        }
        question.text(Vocabulary.text(sequence.output().seed(), 13));
        var next = question.build();

        assertThat(next.length()).isEqualTo(3 + 13);
        for (int i = 0; i < next.fullBlocks(); i++) {
            assertThat(next.block(i)).isEqualTo(sequence.block(i));
        }
    }

    @Test
    void outputLengthsSpreadBetweenTheirBounds() {
        var lengths = new HashSet<Integer>();
        for (int i = 0; i < 500; i++) {
            var output = Output.to(text("", "prompt " + i), 0, 5, 14, false);
            lengths.add(output.tokens());
            assertThat(output.stops()).isEqualTo(output.tokens() < 14);
        }
        assertThat(lengths).containsExactlyInAnyOrder(5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
    }
}
