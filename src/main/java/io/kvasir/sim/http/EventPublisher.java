package io.kvasir.sim.http;

import io.kvasir.kvevents.wire.BlockHasher;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventEncoder;
import io.kvasir.kvevents.wire.KvEventEncoder.Group;
import io.kvasir.sim.engine.CacheListener;
import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.Sequence;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * Publishes an engine's KV events as vLLM and SGLang do: a PUB socket, a batch a step, and a ROUTER that answers what was
 * missed. What goes wrong with events can be asked for.
 */
public final class EventPublisher implements CacheListener, AutoCloseable {
    private static final long IDLE_MILLIS = 5;
    private static final byte[] NOTHING = {};
    private static final byte[] END = {-1, -1, -1, -1, -1, -1, -1, -1};

    private record Batch(long number, byte[] payload) {}

    private final EventOptions options;
    private final int blockSize;
    private final BlockHasher hasher;
    private final KvEventEncoder encoder;
    private final boolean sglang;
    /** Digest by the engine's own hash. */
    private final Map<Long, byte[]> digests = new HashMap<>();
    /** The same of layers that look back over a window, which keep others. */
    private final Map<Long, byte[]> inWindow = new HashMap<>();

    /** Of a hybrid model; as vLLM numbers them where the first layer is one of these. */
    private final @Nullable Group window;

    private final Group main;

    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final ZContext context = new ZContext(1);
    private final String host;
    /** Of the thread that publishes, once it runs. */
    private ZMQ.Socket publisher;

    private ZMQ.@Nullable Socket router;
    private volatile Ports ports;
    private final Thread thread;

    /** Where it is found; 0 for nowhere. */
    private record Ports(int live, int replay) {}

    private final ArrayDeque<Batch> retained = new ArrayDeque<>();
    private long number;
    private int drop;
    private boolean duplicate;
    private @Nullable Batch swapped;
    private int swap;
    private final AtomicLong announced = new AtomicLong();
    private volatile boolean silent;
    private volatile boolean closed;

    EventPublisher(EventOptions options, EngineDialect dialect, EngineLimits limits, String host) {
        this.options = options;
        blockSize = limits.blockSize();
        window = limits.window() == 0 ? null : new Group(0, "sliding_window", limits.window());
        main = limits.window() == 0 ? Group.ONLY : new Group(1, "full_attention", 0);
        sglang = dialect == EngineDialect.SGLANG;
        hasher = new BlockHasher(sglang ? HashScheme.SGLANG : options.scheme());
        encoder = new KvEventEncoder(
                sglang ? EventDialect.SGLANG : EventDialect.VLLM, options.layout(), options.wholeHashes() && !sglang);
        this.host = host;
        publisher = publisher();
        router = options.replay() ? router() : null;
        ports = bound();
        thread = Thread.ofPlatform().daemon().name("sim-events").start(this::run);
    }

    private ZMQ.Socket publisher() {
        var socket = context.createSocket(SocketType.PUB);
        socket.setLinger(0);
        socket.setSndHWM(100_000);
        String connect = options.connect();
        if (connect == null) {
            socket.bindToRandomPort("tcp://" + host);
        } else {
            socket.connect(connect);
        }
        return socket;
    }

    private ZMQ.Socket router() {
        var socket = context.createSocket(SocketType.ROUTER);
        socket.setLinger(0);
        socket.bindToRandomPort("tcp://" + host);
        return socket;
    }

    private Ports bound() {
        return new Ports(options.connect() == null ? port(publisher) : 0, router == null ? 0 : port(router));
    }

    private static int port(ZMQ.Socket socket) {
        String address = socket.getLastEndpoint();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** As an endpoint file says where its events are; null where it dials. */
    public @Nullable String address(String host) {
        var at = ports;
        return at.live == 0 ? null : "tcp://" + host + ":" + at.live + (at.replay == 0 ? "" : "?replay=" + at.replay);
    }

    /** As vLLM's {@code /kv_event_sources} says where its events are. */
    String sources() {
        var at = ports;
        String live = options.connect() == null ? "tcp://" + host + ":" + at.live : options.connect();
        String replay = at.replay == 0 ? "null" : "\"tcp://" + host + ":" + at.replay + "\"";
        return "{\"0\":{\"enable_kv_cache_events\":true,\"publisher\":\"zmq\",\"endpoint\":\"" + live
                + "\",\"replay_endpoint\":" + replay + ",\"buffer_steps\":" + options.retained()
                + ",\"hwm\":100000,\"max_queue_size\":100000,\"topic\":\"" + options.topic() + "\"}}";
    }

    @Override
    public void stored(Sequence sequence, int from, int to) {
        String namespace = sequence.prompt().namespace();
        int end = namespace.indexOf('\n');
        String adapter = end <= 0 ? null : namespace.substring(0, end);
        String salt = end < 0 || end == namespace.length() - 1 ? null : namespace.substring(end + 1);
        byte[] parent = from == 0 ? null : digests.get(sequence.block(from - 1));
        byte[] before = parent == null ? root(salt) : parent;
        int[] tokens = new int[(to - from) * blockSize];
        var blocks = new ArrayList<byte[]>();
        for (int block = from; block < to; block++) {
            int at = (block - from) * blockSize;
            for (int i = 0; i < blockSize; i++) {
                tokens[at + i] = sequence.token(block * blockSize + i);
            }
            before = hasher.block(before, tokens, at, at + blockSize, extras(adapter, salt, block));
            digests.put(sequence.block(block), before);
            blocks.add(before);
        }
        String told = parent == null ? salt : null;
        if (window != null) {
            for (int block = from; block < to; block++) {
                inWindow.put(sequence.block(block), blocks.get(block - from));
            }
            encoder.stored(hasher, parent, blocks, tokens, blockSize, adapter, told, "GPU", window);
        }
        encoder.stored(hasher, parent, blocks, tokens, blockSize, adapter, told, "GPU", main);
    }

    private byte[] root(@Nullable String salt) {
        return sglang ? hasher.root(salt, false, null) : hasher.root(options.seed());
    }

    private List<Object> extras(@Nullable String adapter, @Nullable String salt, int block) {
        if (sglang) {
            return List.of();
        }
        var extras = new ArrayList<Object>();
        if (adapter != null) {
            extras.add(List.of("lora", adapter, "/adapters/" + adapter));
        }
        if (salt != null && block == 0) {
            extras.add(List.of("cache_salt", salt));
        }
        return extras;
    }

    @Override
    public void removed(long hash) {
        byte[] digest = digests.remove(hash);
        if (digest != null) {
            encoder.removed(hasher, List.of(digest), "GPU", main);
        }
    }

    @Override
    public void removedFromWindow(long hash) {
        byte[] digest = inWindow.remove(hash);
        if (digest != null && window != null) {
            encoder.removed(hasher, List.of(digest), "GPU", window);
        }
    }

    @Override
    public void cleared() {
        digests.clear();
        inWindow.clear();
        encoder.clear();
        encoder.cleared();
    }

    @Override
    public void stepped() {
        if (!encoder.isEmpty()) {
            byte[] payload = encoder.batch(System.currentTimeMillis() / 1e3 + System.nanoTime() % 1_000_000 / 1e9, 0);
            announced.incrementAndGet();
            queue.add(() -> publish(payload));
        }
    }

    /** Batches so far, whatever became of them. */
    public long announced() {
        return announced.get();
    }

    /** The next so many batches are published to nobody. */
    public void dropNext(int batches) {
        queue.add(() -> drop = batches);
    }

    /** The next batch is published twice. */
    public void duplicateNext() {
        queue.add(() -> duplicate = true);
    }

    /** The next batch is published after the one that follows it. */
    public void swapNext() {
        queue.add(() -> swap = 1);
    }

    /** Publishes what is no batch. */
    public void garbage(byte[]... frames) {
        queue.add(() -> send(frames));
    }

    /** Publishes nothing from now on, while blocks are stored and removed. */
    public void silent(boolean on) {
        silent = on;
    }

    /** Goes on as another process: it counts from 0 and has nothing to replay. */
    void restarted() {
        encoder.clear();
        queue.add(() -> {
            number = 0;
            retained.clear();
        });
    }

    /** Goes on as another process, at other ports where it is dialled. */
    void moved() {
        restarted();
        queue.add(() -> {
            publisher.close();
            publisher = publisher();
            if (router != null) {
                router.close();
                router = router();
            }
            ports = bound();
        });
    }

    private void publish(byte[] payload) {
        if (silent) {
            return;
        }
        var batch = new Batch(number++, payload);
        retained.add(batch);
        if (retained.size() > options.retained()) {
            retained.remove();
        }
        if (drop > 0) {
            drop--;
            return;
        }
        if (swap == 1) {
            swap = 0;
            swapped = batch;
            return;
        }
        send(batch);
        var late = swapped;
        if (late != null) {
            swapped = null;
            send(late);
        }
        if (duplicate) {
            duplicate = false;
            send(batch);
        }
    }

    private void send(Batch batch) {
        send(options.topic().getBytes(StandardCharsets.UTF_8), bytes(batch.number()), batch.payload());
    }

    private void send(byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            publisher.send(frames[i], i < frames.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private void run() {
        try {
            while (!closed) {
                var next = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                if (next != null) {
                    next.run();
                }
                replay();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            context.close();
        }
    }

    private void replay() {
        var asked = router;
        byte[] identity = asked == null ? null : asked.recv(ZMQ.DONTWAIT);
        if (asked == null || identity == null) {
            return;
        }
        var frames = new ArrayList<byte[]>();
        while (asked.hasReceiveMore()) {
            frames.add(asked.recv(0));
        }
        if (frames.size() != 2 || frames.get(1).length != Long.BYTES) {
            return;
        }
        long from = ByteBuffer.wrap(frames.get(1)).getLong();
        byte[] topic = options.topic().getBytes(StandardCharsets.UTF_8);
        for (Batch batch : retained) {
            if (batch.number() >= from) {
                answer(asked, identity, topic, bytes(batch.number()), batch.payload());
            }
        }
        answer(asked, identity, NOTHING, END, NOTHING);
    }

    /** Older engines leave the topic out. */
    private void answer(ZMQ.Socket asked, byte[] identity, byte[] topic, byte[] numbered, byte[] payload) {
        asked.send(identity, ZMQ.SNDMORE);
        asked.send(NOTHING, ZMQ.SNDMORE);
        if (!sglang && options.layout() == KvEventEncoder.Layout.TAGGED) {
            asked.send(topic, ZMQ.SNDMORE);
        }
        asked.send(numbered, ZMQ.SNDMORE);
        asked.send(payload, 0);
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
