package io.kvasir.kvevents.wire;

import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hashes by which engines know their blocks: {@code vllm/v1/core/kv_cache_utils.py} and {@code vllm/utils/hashing.py},
 * {@code sglang/srt/mem_cache/hicache_storage.py}. Each block's digest covers all blocks before it. Not thread-safe.
 */
public final class BlockHasher {
    private static final byte[] NO_SEED = {};
    private static final byte[] SALT_TAG = "sglang-cache-salt-v1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NAMESPACE_TAG = "sglang-cache-namespace-v1".getBytes(StandardCharsets.US_ASCII);

    private final HashScheme scheme;
    private final MessageDigest sha;
    private final PythonPickle pickle = new PythonPickle();
    private final CanonicalCbor cbor = new CanonicalCbor();

    public BlockHasher(HashScheme scheme) {
        this.scheme = scheme;
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public HashScheme scheme() {
        return scheme;
    }

    /**
     * What stands for the block before the first, in vLLM.
     *
     * @param seed text of {@code PYTHONHASHSEED}; null where it is not set, which since 0.32 means a fixed text with SHA
     *     and a random one with XXH3
     */
    public byte[] root(@Nullable String seed) {
        return hash(seed == null ? "vllm-none-hash" : seed);
    }

    /** What stands for the page before the first, in SGLang: nothing, or a digest of the salt. */
    public byte[] root(@Nullable String salt, boolean namespaced, @Nullable String extraKey) {
        if (!namespaced) {
            return salt == null ? NO_SEED : sha(concat(SALT_TAG, new byte[1], salt.getBytes(StandardCharsets.UTF_8)));
        }
        return sha(concat(NAMESPACE_TAG, part(extraKey), part(salt)));
    }

    private static byte[] part(@Nullable String text) {
        if (text == null) {
            return new byte[1];
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(9 + utf8.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .putLong(utf8.length)
                .put(utf8)
                .array();
    }

    private static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        var all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    /**
     * The digest of a block.
     *
     * @param before digest of the block before, or a root
     * @param extras what it depends on besides tokens, as texts, bytes, integers and lists of these; empty for nothing.
     *     SGLang has none
     */
    public byte[] block(byte[] before, int[] tokens, int from, int to, List<?> extras) {
        if (scheme == HashScheme.SGLANG) {
            var input = ByteBuffer.allocate(before.length + 4 * (to - from)).order(ByteOrder.LITTLE_ENDIAN);
            input.put(before);
            for (int i = from; i < to; i++) {
                input.putInt(tokens[i]);
            }
            return sha(input.array());
        }
        return digest(serialised(before, tokens, from, to, extras));
    }

    /** The bytes that vLLM hashes for a block. */
    byte[] serialised(byte[] before, int[] tokens, int from, int to, List<?> extras) {
        return scheme.pickle
                ? pickle.block(before, tokens, from, to, extras)
                : cbor.block(before, tokens, from, to, extras);
    }

    private byte[] hash(String text) {
        return digest(scheme.pickle ? pickle.text(text) : cbor.text(text));
    }

    private byte[] digest(byte[] input) {
        if (scheme.sha) {
            return sha(input);
        }
        var hash = Hashing.xxh3_128().hashBytesTo128Bits(input);
        return ByteBuffer.allocate(16)
                .putLong(hash.getMostSignificantBits())
                .putLong(hash.getLeastSignificantBits())
                .array();
    }

    private byte[] sha(byte[] input) {
        return sha.digest(input);
    }

    /** The 64 bits of a digest that events carry: vLLM's last ones, SGLang's first. */
    public long eventHash(byte[] digest) {
        return ByteBuffer.wrap(digest).getLong(scheme == HashScheme.SGLANG ? 0 : digest.length - 8);
    }
}
