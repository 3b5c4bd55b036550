package io.kvasir.prefix;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Makes the keys of token ids from arrays of them: the same that {@link PromptKeyer} makes. Not thread-safe. */
final class TokenKeys {
    /** What stands for the key before the first. */
    static final long SEED = 0x746F6B656E73L;

    /** Ids of a finest block. */
    static final int FINEST = KeyScheme.Tokens.FINEST.blockTokens();

    private static final Hasher64 XXH3 = Hashing.xxh3_64();
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] chunk = new byte[ChunkChain.CHUNK];

    /** The key at the end of the ids {@code from} to {@code to} - 1, a multiple of {@link #FINEST}, behind a key. */
    long behind(long before, int[] ids, int from, int to) {
        long key = before;
        for (int at = from; at < to; at += FINEST) {
            for (int i = 0; i < FINEST; i++) {
                INTS.set(chunk, i * Integer.BYTES, ids[at + i]);
            }
            key = ChunkChain.link(key, XXH3.hashBytesToLong(chunk));
        }
        return key;
    }

    /** The key of a block that depends on more than its ids. */
    static long with(long key, long extras) {
        return extras == 0 ? key : ChunkChain.link(key, extras);
    }
}
