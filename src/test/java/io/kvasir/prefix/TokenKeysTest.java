package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hashing;
import io.kvasir.request.PromptSink;
import io.kvasir.request.PromptSink.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenKeysTest {
    private final SplittableRandom random = new SplittableRandom(3);

    @Test
    void sixteenIdsAreHashedAsTheirBytesAre() {
        for (int round = 0; round < 1_000; round++) {
            int[] ids = random.ints(20).toArray();
            var bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 3; i < 19; i++) {
                bytes.putInt(ids[i]);
            }
            assertThat(TokenKeys.hash(ids, 3)).isEqualTo(Hashing.xxh3_64().hashBytesToLong(bytes.array()));
        }
    }

    private static void prompt(PromptSink sink, int[] ids) {
        sink.begin(Part.PROMPT);
        for (int id : ids) {
            sink.token(id);
        }
        sink.end(Part.PROMPT);
    }

    @Test
    void keysOfAnEnginesTokensAreThoseOfAPromptWithTheSame() {
        int[] ids = random.ints(64 * 16 + 5, 0, 200_000).toArray();
        for (int size : new int[] {16, 64, 128}) {
            var scheme = new KeyScheme.Tokens(size);
            var schemes = KeySchemes.of(scheme);
            long[] ofPrompt = KeyedPrompts.by(scheme, KeyedPrompts.of(schemes, sink -> prompt(sink, ids)));
            assertThat(KeyedPrompts.by(scheme, PromptKeyer.of(ids, schemes))).isEqualTo(ofPrompt);
            long key = TokenKeys.SEED;
            for (int block = 0; block < ofPrompt.length; block++) {
                key = TokenKeys.behind(key, ids, block * size, (block + 1) * size);
                assertThat(key).isEqualTo(ofPrompt[block]);
            }
        }
    }
}
