package io.kvasir.prefix;

import static io.kvasir.prefix.KeyedPrompts.by;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.prefix.KeyScheme.Text;
import io.kvasir.prefix.KeyScheme.Tokens;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeySchemeTest {
    private static final List<KeyScheme> ALL = List.of(
            Tokens.FINEST,
            new Text(192),
            new Tokens(64),
            Text.FINEST,
            new Tokens(128),
            new Text(1_024),
            new Tokens(48),
            new Tokens(784));

    private final SplittableRandom random = new SplittableRandom(23);

    @Test
    void schemesThatAreMadeInOnePassEqualEachMadeAlone() {
        var reused = new PromptKeyer();
        for (int round = 0; round < 300; round++) {
            var some = new ArrayList<>(ALL);
            Collections.shuffle(some, new Random(round));
            var together = KeySchemes.of(
                    some.subList(0, 1 + random.nextInt(some.size())).toArray(KeyScheme[]::new));
            long prompt = random.nextLong();
            reused.reset(together);
            fill(prompt).accept(reused);
            var keys = reused.finish();
            assertThat(together.all()).containsAll(keys.schemes());
            for (KeyScheme scheme : together.all()) {
                var alone = KeyedPrompts.of(KeySchemes.of(scheme), fill(prompt));
                var own = alone.of(scheme);
                if (own == null) {
                    assertThat(keys.of(scheme)).isNull();
                    continue;
                }
                assertThat(by(scheme, keys)).isEqualTo(by(scheme, alone));
                assertThat(Objects.requireNonNull(keys.of(scheme)).promptTokens())
                        .isEqualTo(own.promptTokens());
                assertThat((long) own.blocks() * scheme.blockTokens()).isLessThan(own.promptTokens() + 16L * 40);
            }
        }
    }

    /** A prompt of that number: token ids or a conversation, cut into other pieces each time. */
    private Consumer<PromptSink> fill(long number) {
        return sink -> {
            var content = new SplittableRandom(number);
            if (content.nextInt(3) == 0) {
                KeyedPrompts.tokens(
                        sink,
                        content.ints(1 + content.nextInt(5_000), 0, 150_000).toArray());
                return;
            }
            for (int m = content.nextInt(6); m >= 0; m--) {
                KeyedPrompts.open(sink, m % 2 == 0 ? "user" : "system");
                byte[] text = new byte[content.nextInt(4_000)];
                content.nextBytes(text);
                for (int at = 0; at < text.length; ) {
                    int n = 1 + random.nextInt(Math.min(200, text.length - at));
                    sink.text(text, at, n);
                    at += n;
                }
                KeyedPrompts.close(sink);
            }
            if (content.nextBoolean()) {
                KeyedPrompts.preamble(sink, "tools".repeat(content.nextInt(200)).getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    @Test
    void theKeysOfCoarseBlocksAreEverySoManyThOfTheFinest() {
        int[] ids = IntStream.range(0, 1_000).toArray();
        var keys =
                KeyedPrompts.of(KeySchemes.of(ALL.toArray(KeyScheme[]::new)), sink -> KeyedPrompts.tokens(sink, ids));
        long[] finest = by(Tokens.FINEST, keys);
        assertThat(finest).hasSize(62);
        assertThat(by(new Tokens(64), keys)).hasSize(15).startsWith(finest[3], finest[7]);
        assertThat(by(new Tokens(784), keys)).containsExactly(finest[48]);
        assertThat(keys.of(Text.FINEST)).as("ids are no text").isNull();
    }

    @Test
    void keysOfEverySchemeDoNotDependOnTheOrderOfMembersOrOnChunks() {
        String text = "You are terse.\\n".repeat(100);
        var members = new ArrayList<>(List.of(
                "\"messages\":[{\"role\":\"system\",\"content\":\"" + text + "\"},{\"content\":\"" + text
                        + "\",\"role\":\"user\"}]",
                "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"" + text + "\"}}]",
                "\"model\":\"m\"",
                "\"cache_salt\":\"s\""));
        var schemes = KeySchemes.of(ALL.toArray(KeyScheme[]::new));
        var expected = keys(schemes, members, 10_000);
        assertThat(expected.schemes()).containsExactly(new Text(192), Text.FINEST, new Text(1_024));
        for (int round = 0; round < 50; round++) {
            Collections.shuffle(members, new Random(round));
            var keys = keys(schemes, members, 1 + random.nextInt(300));
            for (KeyScheme scheme : expected.schemes()) {
                assertThat(by(scheme, keys)).isNotEmpty().isEqualTo(by(scheme, expected));
            }
        }
    }

    private static PromptKeys keys(KeySchemes schemes, List<String> members, int chunk) {
        byte[] body =
                members.stream().collect(Collectors.joining(",", "{", "}")).getBytes(StandardCharsets.UTF_8);
        var keyer = new PromptKeyer();
        keyer.reset(schemes);
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, keyer);
        for (int at = 0; at < body.length; at += chunk) {
            scanner.feed(body, at, Math.min(chunk, body.length - at));
        }
        scanner.finish();
        return keyer.finish();
    }

    @Test
    void keysOfTwoSourcesAreTheFirstsWhereBothHaveAScheme() {
        var text = KeyedPrompts.ofText(new byte[1_000]);
        var ids = KeyedPrompts.of(KeySchemes.of(new Tokens(32)), sink -> KeyedPrompts.tokens(sink, new int[100]));
        var both = text.and(ids);
        assertThat(both.schemes()).containsExactly(Text.FINEST, new Tokens(32));
        assertThat(both.of(new Tokens(32))).isSameAs(ids.of(new Tokens(32)));
        var other = KeyedPrompts.ofText(new byte[2_000]);
        assertThat(both.and(other).of(Text.FINEST)).isSameAs(text.of(Text.FINEST));
        assertThat(both.first(KeySchemes.of(new Tokens(64), new Tokens(32)))).isSameAs(ids.of(new Tokens(32)));
        assertThat(both.first(KeySchemes.NONE)).isNull();
        assertThat(PromptKeys.NONE.and(ids)).isSameAs(ids);
        assertThat(ids.and(PromptKeys.NONE)).isSameAs(ids);
    }

    @Test
    void setsOfSchemesAreBounded() {
        var many =
                IntStream.rangeClosed(1, 33).mapToObj(i -> new Tokens(16 * i)).toArray(KeyScheme[]::new);
        assertThatThrownBy(() -> KeySchemes.of(many)).hasMessage("33 schemes are more than 32");
        var few = KeySchemes.of(Text.FINEST, Tokens.FINEST, Text.FINEST);
        assertThat(few.all()).containsExactly(Text.FINEST, Tokens.FINEST);
        var most = KeySchemes.of(
                IntStream.rangeClosed(1, 32).mapToObj(i -> new Tokens(16 * i)).toArray(KeyScheme[]::new));
        assertThat(few.and(most).all()).hasSize(32).startsWith(Text.FINEST, Tokens.FINEST, new Tokens(32));
        assertThat(most.and(few)).isEqualTo(most).hasSameHashCodeAs(most).isNotEqualTo(few);
        assertThat(few.and(KeySchemes.of(Tokens.FINEST))).isSameAs(few);
    }

    @Test
    void badSchemesAreNamed() {
        assertThatThrownBy(() -> new Text(100)).hasMessage("blockBytes 100 is not a multiple of 64 in 64..65536");
        assertThatThrownBy(() -> new Text(0)).hasMessage("blockBytes 0 is not a multiple of 64 in 64..65536");
        assertThatThrownBy(() -> new Tokens(8)).hasMessage("blockTokens 8 is not a multiple of 16 in 16..16384");
        assertThatThrownBy(() -> new Tokens(16_400))
                .hasMessage("blockTokens 16400 is not a multiple of 16 in 16..16384");
    }
}
