package io.kvasir.prefix;

import static io.kvasir.prefix.KeyedPrompts.FINEST;
import static io.kvasir.prefix.KeyedPrompts.by;
import static io.kvasir.prefix.KeyedPrompts.close;
import static io.kvasir.prefix.KeyedPrompts.media;
import static io.kvasir.prefix.KeyedPrompts.message;
import static io.kvasir.prefix.KeyedPrompts.open;
import static io.kvasir.prefix.KeyedPrompts.preamble;
import static io.kvasir.prefix.KeyedPrompts.prompt;
import static io.kvasir.prefix.KeyedPrompts.tokens;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.request.PromptSink;
import io.kvasir.request.PromptSink.Part;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptKeyerTest {
    private static final KeyScheme TEXT = KeyScheme.Text.FINEST;
    private static final KeyScheme TOKENS = KeyScheme.Tokens.FINEST;

    private final SplittableRandom random = new SplittableRandom(5);

    @Test
    void keysDoNotDependOnHowTextIsCutIntoPieces() {
        byte[] text = bytes(10_000);
        long[] whole = keysOf(keys -> message(keys, "user", text));
        for (int round = 0; round < 200; round++) {
            int longest = round + 2;
            long[] pieces = keysOf(keys -> {
                open(keys, "user");
                for (int at = 0; at < text.length; ) {
                    int n = Math.min(text.length - at, random.nextInt(longest));
                    keys.text(text, at, n);
                    at += n;
                }
                close(keys);
            });
            assertThat(pieces).isEqualTo(whole);
        }
    }

    @Test
    void aLongerPromptKeepsTheKeysOfItsPrefix() {
        byte[] system = bytes(3_000);
        byte[] question = bytes(1_000);
        long[] first = keysOf(keys -> message(keys, "system", system));
        long[] second = keysOf(keys -> {
            message(keys, "system", system);
            message(keys, "user", question);
        });
        assertThat(second).hasSizeGreaterThan(first.length).startsWith(first);
    }

    @Test
    void everyByteChangesItsKeyAndAllAfter() {
        byte[] text = bytes(64 * 20);
        long[] before = keysOf(keys -> prompt(keys, text));
        text[64 * 7 + 3] ^= 1;
        long[] after = keysOf(keys -> prompt(keys, text));
        assertThat(Arrays.mismatch(before, after)).isEqualTo(7);
        for (int i = 7; i < before.length; i++) {
            assertThat(after[i]).isNotEqualTo(before[i]);
        }
    }

    @Test
    void messageBordersAndRolesAreContent() {
        byte[] ab = bytes(200);
        byte[] c = bytes(100);
        byte[] abc = concat(ab, c);
        byte[] a = Arrays.copyOf(abc, 100);
        byte[] bc = Arrays.copyOfRange(abc, 100, abc.length);
        long[] one = keysOf(keys -> {
            message(keys, "user", ab);
            message(keys, "user", c);
        });
        long[] two = keysOf(keys -> {
            message(keys, "user", a);
            message(keys, "user", bc);
        });
        long[] otherRole = keysOf(keys -> {
            message(keys, "tool", ab);
            message(keys, "user", c);
        });
        assertThat(one[one.length - 1]).isNotEqualTo(two[two.length - 1]);
        assertThat(otherRole[otherRole.length - 1]).isNotEqualTo(one[one.length - 1]);
    }

    @Test
    void aPreambleGivesTheSameKeysWhereverItStands() {
        byte[] tools = bytes(1_000);
        byte[] format = bytes(300);
        byte[] text = bytes(2_000);
        long[] first = keysOf(keys -> {
            preamble(keys, tools);
            preamble(keys, format);
            message(keys, "user", text);
        });
        long[] last = keysOf(keys -> {
            message(keys, "user", text);
            preamble(keys, format);
            preamble(keys, tools);
        });
        assertThat(last).isEqualTo(first);
    }

    @Test
    void promptsThatShareOnlyTheirPreambleShareItsKeys() {
        byte[] tools = bytes(640);
        long[] one = keysOf(keys -> {
            message(keys, "user", bytes(500));
            preamble(keys, tools);
        });
        long[] two = keysOf(keys -> {
            preamble(keys, tools);
            message(keys, "user", bytes(500));
        });
        long[] other = keysOf(keys -> preamble(keys, bytes(640)));
        assertThat(Arrays.mismatch(one, two)).isEqualTo(10);
        assertThat(other).hasSize(10).doesNotContain(one[0]);
    }

    @Test
    void tokensMakeBlocksOfSixteenOfTheirOwnKind() {
        var keys = KeyedPrompts.of(
                FINEST, sink -> tokens(sink, IntStream.range(0, 50).toArray()));
        assertThat(keys.schemes()).containsExactly(TOKENS);
        assertThat(by(TOKENS, keys)).hasSize(3);
        assertThat(requireNonNull(keys.of(TOKENS)).promptTokens()).isEqualTo(50);
        byte[] sameBytes = new byte[200];
        for (int i = 0; i < 50; i++) {
            sameBytes[4 * i] = (byte) i;
        }
        assertThat(keysOf(text -> prompt(text, sameBytes))).doesNotContain(by(TOKENS, keys)[0]);
    }

    @Test
    void ofAListOfPromptsTheFirstCounts() {
        byte[] text = bytes(500);
        long[] one = keysOf(keys -> prompt(keys, text));
        long[] many = keysOf(keys -> {
            prompt(keys, text);
            prompt(keys, bytes(500));
            prompt(keys, bytes(500));
        });
        assertThat(many).isEqualTo(one);
    }

    @Test
    void mediaCountsByItsContentAndNotByItsSize() {
        byte[] image = bytes(100_000);
        var keys = requireNonNull(
                KeyedPrompts.of(FINEST, sink -> media(sink, image)).of(TEXT));
        assertThat(keys.promptTokens()).isBetween(256L, 264L);
        long last = keys.keys()[keys.blocks() - 1];
        image[99_999] ^= 1;
        long[] other = keysOf(sink -> media(sink, image));
        assertThat(other[other.length - 1]).isNotEqualTo(last);
    }

    @Test
    void keysStopAtTheLimitAndTheMeasureOfThePromptDoesNot() {
        var keyer = new PromptKeyer(10);
        keyer.reset(FINEST);
        prompt(keyer, bytes(10_000));
        var keys = requireNonNull(keyer.finish().of(TEXT));
        assertThat(keys.blocks()).isEqualTo(10);
        assertThat(keys.promptTokens()).isEqualTo(2_500);
        keyer.reset(FINEST);
        message(keyer, "user", bytes(500));
        preamble(keyer, bytes(320));
        keys = requireNonNull(keyer.finish().of(TEXT));
        assertThat(keys.blocks()).isEqualTo(10);
        assertThat(keys.promptTokens()).isEqualTo(80 + 128);
        assertThatThrownBy(() -> new PromptKeyer(0)).hasMessage("maxBlocks 0 is not in 1..131071");
    }

    @Test
    void keysStayAsTheyAreOnceTheyAreFinished() {
        var keyer = new PromptKeyer();
        keyer.reset(FINEST);
        keyer.begin(Part.PROMPT);
        keyer.text(bytes(640), 0, 640);
        var keys = keyer.finish();
        long[] early = by(TEXT, keys);
        keyer.text(bytes(640), 0, 640);
        keyer.end(Part.PROMPT);
        preamble(keyer, bytes(640));
        keyer.restart();
        tokens(keyer, new int[100]);
        assertThat(keyer.finish()).isSameAs(keys);
        assertThat(by(TEXT, keys)).hasSize(10).isEqualTo(early);
    }

    @Test
    void aReusedObjectGivesTheKeysOfAFreshOne() {
        byte[] text = bytes(5_000);
        var keyer = new PromptKeyer();
        keyer.reset(FINEST);
        message(keyer, "user", bytes(9_000));
        preamble(keyer, bytes(900));
        keyer.finish();
        keyer.reset(FINEST);
        tokens(keyer, new int[500]);
        keyer.finish();
        keyer.reset(FINEST);
        message(keyer, "user", text);
        assertThat(by(TEXT, keyer.finish())).isEqualTo(keysOf(k -> message(k, "user", text)));
    }

    @Test
    void namespacesTellModelsAdaptersAndSaltsApart() {
        assertThat(PrefixNamespace.of("m", null, null))
                .isEqualTo(PrefixNamespace.of("m", null, null))
                .isNotEqualTo(PrefixNamespace.of("n", null, null))
                .isNotEqualTo(PrefixNamespace.of("m", "a", null))
                .isNotEqualTo(PrefixNamespace.of("m", null, "a"));
    }

    private static long[] keysOf(Consumer<PromptSink> filling) {
        return by(TEXT, KeyedPrompts.of(FINEST, filling));
    }

    private byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(26));
        }
        return bytes;
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
