package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.BlockHasher;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventEncoder;
import io.kvasir.kvevents.wire.KvEventEncoder.Group;
import io.kvasir.kvevents.wire.KvEventEncoder.Layout;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Batches as an engine of blocks of 16 would publish them, each a tenth of a second after the one before. */
final class EngineScript {
    static final int BLOCK = 16;

    private final BlockHasher hasher = new BlockHasher(HashScheme.SHA256_CBOR);
    private final KvEventEncoder encoder;
    private double seconds = 1_000;

    EngineScript() {
        this(Layout.TAGGED);
    }

    EngineScript(Layout layout) {
        encoder = new KvEventEncoder(EventDialect.VLLM, layout, false);
    }

    static int[] prompt(int seed, int tokens) {
        return new SplittableRandom(seed).ints(tokens, 0, 100_000).toArray();
    }

    private List<byte[]> digests(int[] prompt) {
        var all = new ArrayList<byte[]>();
        byte[] before = hasher.root((String) null);
        for (int at = 0; at + BLOCK <= prompt.length; at += BLOCK) {
            before = hasher.block(before, prompt, at, at + BLOCK, List.of());
            all.add(before);
        }
        return all;
    }

    /** What was added since the last batch. */
    byte[] batch() {
        seconds += 0.1;
        return encoder.batch(seconds, 0);
    }

    byte[] store(int[] prompt, int from, int to) {
        return add(Group.ONLY, prompt, from, to).batch();
    }

    /** Of the next batch: layers stored blocks. */
    EngineScript add(Group group, int[] prompt, int from, int to) {
        return add(group, prompt, from, to, from);
    }

    /** The same, of which those before {@code cachedFrom} are not cached. */
    EngineScript add(Group group, int[] prompt, int from, int to, int cachedFrom) {
        var all = digests(prompt);
        encoder.stored(
                hasher,
                from == 0 ? null : all.get(from - 1),
                all.subList(cachedFrom, to),
                Arrays.copyOfRange(prompt, from * BLOCK, to * BLOCK),
                BLOCK,
                null,
                null,
                "GPU",
                group);
        return this;
    }

    /** Of the next batch: layers removed blocks. */
    EngineScript take(Group group, int[] prompt, int from, int to) {
        encoder.removed(hasher, digests(prompt).subList(from, to), "GPU", group);
        return this;
    }

    /** Of the next batch: all is gone. */
    EngineScript takeAll() {
        encoder.cleared();
        return this;
    }

    byte[] remove(int[] prompt, int from, int to) {
        encoder.removed(hasher, digests(prompt).subList(from, to), "GPU");
        return batch();
    }

    /** A block of 24. */
    byte[] odd() {
        int[] prompt = prompt(1, 24);
        byte[] digest = hasher.block(hasher.root((String) null), prompt, 0, 24, List.of());
        encoder.stored(hasher, null, List.of(digest), prompt, 24, null, null, "GPU");
        return batch();
    }

    byte[] clear() {
        encoder.cleared();
        return batch();
    }

    /** A batch, as old as can be, that removes blocks whose hashes are these bytes of msgpack. */
    static byte[] removalOf(int... hashes) {
        var out = new ByteArrayOutputStream();
        out.write(0x92);
        out.write(0xCB);
        out.writeBytes(new byte[8]);
        out.write(0x91);
        out.write(0x92);
        byte[] name = "BlockRemoved".getBytes(StandardCharsets.US_ASCII);
        out.write(0xA0 | name.length);
        out.writeBytes(name);
        out.write(0x90 | hashes.length);
        for (int each : hashes) {
            out.write(each);
        }
        return out.toByteArray();
    }
}
