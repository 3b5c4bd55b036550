package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.BlockHasher;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventEncoder;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PreciseView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * How long it takes until all of an engine's cache is known again by replay: 1,024 paths of 2,048 blocks of 16 tokens, in
 * batches of one event of 64 as vLLM publishes them, over sockets of this machine, the engine's side included. Seconds.
 */
public final class ReplayRecovery {
    private static final int PATHS = 1_024;
    private static final int BLOCKS = 2_048;
    private static final int TOKENS = 16;
    private static final int SIZE = 64;
    private static final int ROUNDS = 5;
    private static final byte[] NOTHING = {};

    private ReplayRecovery() {}

    /** Takes nothing. */
    public static void main(String[] args) throws InterruptedException {
        var batches = batches();
        for (int round = 0; round < ROUNDS; round++) {
            try (var context = new ZContext(1)) {
                var live = context.createSocket(SocketType.PUB);
                int livePort = live.bindToRandomPort("tcp://127.0.0.1");
                var replay = context.createSocket(SocketType.ROUTER);
                replay.setSndHWM(0);
                int replayPort = replay.bindToRandomPort("tcp://127.0.0.1");
                var engine = Thread.ofPlatform().daemon().start(() -> answer(replay, batches));
                System.out.printf(
                        "a cache of %d blocks was known after %.2f s%n",
                        PATHS * BLOCKS,
                        seconds("tcp://127.0.0.1:" + livePort + "?replay=" + replayPort, batches.size()));
                engine.join();
            }
        }
    }

    private static double seconds(String address, int batches) throws InterruptedException {
        var view = new PreciseView(2, 1);
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(EndpointSpec.builder("e", "127.0.0.1", 1)
                .model("m")
                .kvEvents(address)
                .build()));
        try (var events = new KvEvents(view, KvEventSettings.DEFAULT, System::nanoTime)) {
            long began = System.nanoTime();
            events.start(pool);
            while (events.applied() < batches) {
                Thread.sleep(2);
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            long known = view.stats().getFirst().index().blocks();
            if (known != 1L * PATHS * BLOCKS) {
                throw new AssertionError(known + " blocks are known");
            }
            return seconds;
        }
    }

    private static void answer(ZMQ.Socket replay, List<byte[]> batches) {
        byte[] identity = Objects.requireNonNull(replay.recv());
        while (replay.hasReceiveMore()) {
            replay.recv();
        }
        for (int number = 0; number <= batches.size(); number++) {
            boolean end = number == batches.size();
            replay.send(identity, ZMQ.SNDMORE);
            replay.send(NOTHING, ZMQ.SNDMORE);
            replay.send(
                    ByteBuffer.allocate(Long.BYTES).putLong(end ? -1 : number).array(), ZMQ.SNDMORE);
            replay.send(end ? NOTHING : batches.get(number));
        }
    }

    private static List<byte[]> batches() {
        var hasher = new BlockHasher(HashScheme.SHA256_CBOR);
        var encoder = new KvEventEncoder(EventDialect.VLLM, KvEventEncoder.Layout.TAGGED, false);
        var random = new SplittableRandom(1);
        var tokens = new int[PATHS][];
        Arrays.setAll(
                tokens, _ -> random.ints((long) BLOCKS * TOKENS, 0, 150_000).toArray());
        var before = new byte[PATHS] @Nullable [];
        var batches = new ArrayList<byte[]>();
        for (int at = 0; at < BLOCKS; at += SIZE) {
            for (int p = 0; p < PATHS; p++) {
                byte[] parent = before[p];
                byte[] last = parent == null ? hasher.root((String) null) : parent;
                var digests = new ArrayList<byte[]>();
                for (int i = at; i < at + SIZE; i++) {
                    last = hasher.block(last, tokens[p], i * TOKENS, (i + 1) * TOKENS, List.of());
                    digests.add(last);
                }
                encoder.stored(
                        hasher,
                        parent,
                        digests,
                        Arrays.copyOfRange(tokens[p], at * TOKENS, (at + SIZE) * TOKENS),
                        TOKENS,
                        null,
                        null,
                        "GPU");
                before[p] = last;
                batches.add(encoder.batch(1_000 + batches.size() / 10.0, 0));
            }
        }
        return batches;
    }
}
