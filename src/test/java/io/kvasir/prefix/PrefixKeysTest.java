package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.PromptSink.Part;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrefixKeysTest {
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
        PrefixKeys keys = new PrefixKeys();
        keys.begin(Part.PROMPT);
        for (int i = 0; i < 50; i++) {
            keys.token(i);
        }
        keys.end(Part.PROMPT);
        keys.finish();
        assertThat(keys.blocks()).isEqualTo(3);
        assertThat(keys.promptTokens()).isEqualTo(50);
        byte[] sameBytes = new byte[200];
        for (int i = 0; i < 50; i++) {
            sameBytes[4 * i] = (byte) i;
        }
        assertThat(keysOf(text -> prompt(text, sameBytes))).doesNotContain(keys.keys()[0]);
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
        PrefixKeys keys = new PrefixKeys();
        media(keys, image);
        assertThat(keys.promptTokens()).isBetween(256L, 264L);
        long last = keys.keys()[keys.blocks() - 1];
        image[99_999] ^= 1;
        keys.reset();
        media(keys, image);
        assertThat(keys.keys()[keys.blocks() - 1]).isNotEqualTo(last);
    }

    @Test
    void keysStopAtTheLimitAndSaySo() {
        PrefixKeys keys = new PrefixKeys(10);
        prompt(keys, bytes(639));
        assertThat(keys.truncated()).isFalse();
        keys.reset();
        prompt(keys, bytes(10_000));
        keys.finish();
        assertThat(keys.blocks()).isEqualTo(10);
        assertThat(keys.truncated()).isTrue();
        assertThat(keys.promptTokens()).isEqualTo(2_500);
        keys.reset();
        message(keys, "user", bytes(500));
        preamble(keys, bytes(320));
        keys.finish();
        assertThat(keys.blocks()).isEqualTo(10);
        assertThat(keys.truncated()).isTrue();
    }

    @Test
    void contentAfterAnEarlyFinishIsNotKeyed() {
        PrefixKeys keys = new PrefixKeys();
        keys.begin(Part.PROMPT);
        keys.text(bytes(640), 0, 640);
        keys.finish();
        keys.text(bytes(640), 0, 640);
        keys.end(Part.PROMPT);
        assertThat(keys.blocks()).isEqualTo(10);
        assertThat(keys.truncated()).isTrue();
    }

    @Test
    void aReusedObjectGivesTheKeysOfAFreshOne() {
        byte[] text = bytes(5_000);
        PrefixKeys keys = new PrefixKeys();
        message(keys, "user", bytes(9_000));
        preamble(keys, bytes(900));
        keys.finish();
        keys.reset();
        message(keys, "user", text);
        keys.finish();
        assertThat(Arrays.copyOf(keys.keys(), keys.blocks())).isEqualTo(keysOf(k -> message(k, "user", text)));
        assertThat(keys.truncated()).isFalse();
    }

    @Test
    void namespacesTellModelsAdaptersAndSaltsApart() {
        assertThat(PrefixNamespace.of("m", null, null))
                .isEqualTo(PrefixNamespace.of("m", null, null))
                .isNotEqualTo(PrefixNamespace.of("n", null, null))
                .isNotEqualTo(PrefixNamespace.of("m", "a", null))
                .isNotEqualTo(PrefixNamespace.of("m", null, "a"));
    }

    private interface Filling {
        void fill(PrefixKeys keys);
    }

    private static long[] keysOf(Filling filling) {
        PrefixKeys keys = new PrefixKeys();
        filling.fill(keys);
        keys.finish();
        return Arrays.copyOf(keys.keys(), keys.blocks());
    }

    private static void prompt(PrefixKeys keys, byte[] text) {
        keys.begin(Part.PROMPT);
        keys.text(text, 0, text.length);
        keys.end(Part.PROMPT);
    }

    private static void open(PrefixKeys keys, String role) {
        keys.begin(Part.MESSAGE);
        keys.begin(Part.ROLE);
        keys.text(role.getBytes(UTF_8), 0, role.length());
        keys.end(Part.ROLE);
        keys.begin(Part.TEXT);
    }

    private static void close(PrefixKeys keys) {
        keys.end(Part.TEXT);
        keys.end(Part.MESSAGE);
    }

    private static void message(PrefixKeys keys, String role, byte[] text) {
        open(keys, role);
        keys.text(text, 0, text.length);
        close(keys);
    }

    private static void preamble(PrefixKeys keys, byte[] json) {
        keys.begin(Part.PREAMBLE);
        keys.text(json, 0, json.length);
        keys.end(Part.PREAMBLE);
    }

    private static void media(PrefixKeys keys, byte[] data) {
        keys.begin(Part.MESSAGE);
        keys.begin(Part.MEDIA);
        keys.text(data, 0, data.length);
        keys.end(Part.MEDIA);
        keys.end(Part.MESSAGE);
        keys.finish();
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
