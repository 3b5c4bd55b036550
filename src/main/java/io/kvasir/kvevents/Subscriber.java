package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.pool.EventAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The sockets to one rank of an engine that we dial. For the thread that polls. */
final class Subscriber implements AutoCloseable {
    private static final int MOST_AT_ONCE = 512;
    private static final int MOST_FRAMES = 8;
    private static final int LIVE_FRAMES = 3;
    /** A message larger than that breaks the connection. */
    static final long MAX_MESSAGE = 64L << 20;

    private static final int RECONNECT_MILLIS = 100;
    private static final int RECONNECT_MOST_MILLIS = 5_000;
    /** A peer that has accepted a connection and says nothing is dialled again; by default ZeroMQ waits for 30 s. */
    private static final int HANDSHAKE_MILLIS = 5_000;

    private static final int HEARTBEAT_MILLIS = 5_000;
    private static final int HEARTBEAT_TIMEOUT_MILLIS = 15_000;

    private final EventSource source;
    private final EventCounts counts;
    private final ZMQ.Socket live;
    private final ZMQ.@Nullable Socket replay;

    /**
     * @param address of one rank
     * @param connection told of connections that come (true) and go (false), by another thread
     */
    Subscriber(
            ZContext context,
            EventAddress address,
            EventSource source,
            EventCounts counts,
            int highWaterMark,
            BiConsumer<Subscriber, Boolean> connection) {
        this.source = source;
        this.counts = counts;
        boolean six = address.host().startsWith("[");
        live = socket(context, SocketType.SUB, highWaterMark);
        live.setIPv6(six);
        live.setEventHook(
                event -> {
                    switch (event.getEvent()) {
                        case CONNECTED -> connection.accept(this, true);
                        case DISCONNECTED -> connection.accept(this, false);
                        default -> {}
                    }
                },
                ZMQ.EVENT_CONNECTED | ZMQ.EVENT_DISCONNECTED);
        live.subscribe(address.topic().getBytes(StandardCharsets.UTF_8));
        String asked = address.replay(0);
        ZMQ.Socket dealer = null;
        try {
            live.connect(address.live(0));
            if (asked != null) {
                dealer = socket(context, SocketType.DEALER, highWaterMark);
                dealer.setIPv6(six);
                dealer.connect(asked);
            }
        } catch (RuntimeException e) {
            live.close();
            if (dealer != null) {
                dealer.close();
            }
            throw e;
        }
        replay = dealer;
    }

    static ZMQ.Socket socket(ZContext context, SocketType type, int highWaterMark) {
        var socket = context.createSocket(type);
        socket.setLinger(0);
        socket.setRcvHWM(highWaterMark);
        socket.setMaxMsgSize(MAX_MESSAGE);
        socket.setReconnectIVL(RECONNECT_MILLIS);
        socket.setReconnectIVLMax(RECONNECT_MOST_MILLIS);
        socket.setTCPKeepAlive(1);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.setHeartbeatIvl(HEARTBEAT_MILLIS);
        socket.setHeartbeatTimeout(HEARTBEAT_TIMEOUT_MILLIS);
        return socket;
    }

    EventSource source() {
        return source;
    }

    void register(ZMQ.Poller poller) {
        poller.register(live, ZMQ.Poller.POLLIN);
        if (replay != null) {
            poller.register(replay, ZMQ.Poller.POLLIN);
        }
    }

    /** Takes what has come; returns whether there may be more. */
    boolean read(long now) {
        boolean more = false;
        var asked = replay;
        for (int i = 0; asked != null && i < MOST_AT_ONCE; i++) {
            var frames = receive(asked);
            if (frames.isEmpty()) {
                break;
            }
            var message = ReplayFrames.of(frames);
            switch (message.kind()) {
                case BATCH -> source.replayed(message.number(), message.payload(), now);
                case END -> source.replayEnded(now);
                case GARBAGE -> counts.batch(Batch.MALFORMED);
            }
            more = i == MOST_AT_ONCE - 1;
        }
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            var frames = receive(live);
            if (frames.isEmpty()) {
                break;
            }
            if (isLive(frames)) {
                source.live(ByteBuffer.wrap(frames.get(1)).getLong(), frames.get(2), now);
            } else {
                counts.batch(Batch.MALFORMED);
            }
            more |= i == MOST_AT_ONCE - 1;
        }
        return more;
    }

    static boolean isLive(List<byte[]> frames) {
        return frames.size() == LIVE_FRAMES && frames.get(1).length == Long.BYTES;
    }

    /** One whole message; empty for none. */
    private static List<byte[]> receive(ZMQ.Socket socket) {
        byte[] first = socket.recv(ZMQ.DONTWAIT);
        if (first == null) {
            return List.of();
        }
        var frames = new ArrayList<byte[]>(LIVE_FRAMES + 1);
        frames.add(first);
        while (socket.hasReceiveMore()) {
            byte[] next = socket.recv(ZMQ.DONTWAIT);
            if (next != null && frames.size() < MOST_FRAMES) {
                frames.add(next);
            }
        }
        return frames;
    }

    /** Asks for what is missing. */
    void ask() {
        long from = source.takeReplayRequest();
        var asked = replay;
        if (from >= 0 && asked != null) {
            var frames = ReplayFrames.request(from);
            if (asked.send(frames.get(0), ZMQ.SNDMORE | ZMQ.DONTWAIT)) {
                asked.send(frames.get(1), ZMQ.DONTWAIT);
            }
        }
    }

    @Override
    public void close() {
        live.close();
        if (replay != null) {
            replay.close();
        }
    }
}
