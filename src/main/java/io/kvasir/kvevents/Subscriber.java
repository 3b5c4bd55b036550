package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.pool.EventAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.Msg;

/** The sockets to one rank of an engine that we dial. For the thread that polls. */
final class Subscriber implements AutoCloseable {
    private static final int MOST_AT_ONCE = 512;
    private static final int MOST_FRAMES = 8;
    private static final int LIVE_FRAMES = 3;
    /** A message larger than that breaks the connection. */
    static final long MAX_MESSAGE = 64L << 20;

    private static final int RECONNECT_MILLIS = 100;
    private static final int RECONNECT_MOST_MILLIS = 5_000;
    /** Who has accepted a connection and does not greet is dialled again by then; by default ZeroMQ waits for 30 s. */
    private static final int HANDSHAKE_MILLIS = 5_000;

    /**
     * Of the longest silence, an answer to a heartbeat is waited for during this part, and the next is sent after the rest.
     * Less than half: JeroMQ 0.6 forgets a timer that is set while one like it, which was cancelled, has not run out.
     */
    private static final int WAITED_PART = 3;
    /** Silences after which somebody who was never asked for a sign of life is dialled again. */
    private static final int SILENCES = 2;
    /** ZMTP 3, as JeroMQ numbers it. Who speaks an older one is asked for no sign of life, and may be silent for long. */
    private static final int WITH_HEARTBEATS = 3;

    /** What becomes of the connection to what is published; told by another thread. */
    interface Line {
        /** Somebody is there, and has greeted. */
        void greeted(Subscriber subscriber);

        /** It broke, or what was asked was not answered in time. */
        void broke(Subscriber subscriber);

        /** It was accepted, and nobody greeted. */
        void unanswered(Subscriber subscriber);

        /** It was not accepted. */
        void refused(Subscriber subscriber);
    }

    private final EventSource source;
    private final EventCounts counts;
    private final ZMQ.Socket live;
    private final ZMQ.@Nullable Socket replay;
    private final String address;
    private final Line line;
    /** Whether somebody has greeted at the connection that there is. */
    private volatile boolean greeted;
    /** Whether who greeted there has to say something from time to time. */
    private volatile boolean watched;
    /** Messages that have begun to come, those by which peers agree and heartbeats included; counted by one other thread. */
    private volatile int begun;
    /** How many had when the connection that there is was made. */
    private volatile int begunBefore;

    private final long longestNanos;
    private final long agreeingNanos;
    private int seen = -1;
    private long seenAt;

    /** @param address of one rank */
    Subscriber(
            ZContext context,
            EventAddress address,
            EventSource source,
            EventCounts counts,
            KvEventSettings settings,
            Line line) {
        this.source = source;
        this.counts = counts;
        this.line = line;
        this.address = address.live(0);
        longestNanos = SILENCES * settings.silence().toNanos();
        agreeingNanos = Math.min(longestNanos, TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_MILLIS));
        boolean six = address.host().startsWith("[");
        live = socket(context, SocketType.SUB, settings);
        live.setIPv6(six);
        live.setMsgAllocator(this::begin);
        live.setEventHook(
                event -> {
                    switch (event.getEvent()) {
                        case CONNECTED -> {
                            greeted = false;
                            begunBefore = begun;
                        }
                        case HANDSHAKE_PROTOCOL -> {
                            Integer protocol = event.getValue();
                            greeted = true;
                            watched = protocol >= WITH_HEARTBEATS;
                            line.greeted(this);
                        }
                        case DISCONNECTED -> {
                            watched = false;
                            if (greeted) {
                                line.broke(this);
                            } else {
                                line.unanswered(this);
                            }
                        }
                        case CLOSED -> line.refused(this);
                        default -> {}
                    }
                },
                ZMQ.EVENT_CONNECTED | ZMQ.EVENT_HANDSHAKE_PROTOCOL | ZMQ.EVENT_DISCONNECTED | ZMQ.EVENT_CLOSED);
        live.subscribe(address.topic().getBytes(StandardCharsets.UTF_8));
        String asked = address.replay(0);
        ZMQ.Socket dealer = null;
        try {
            live.connect(this.address);
            if (asked != null) {
                dealer = socket(context, SocketType.DEALER, settings);
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

    static ZMQ.Socket socket(ZContext context, SocketType type, KvEventSettings settings) {
        int silence = (int) Math.min(Integer.MAX_VALUE, settings.silence().toMillis());
        int waited = Math.max(1, silence / WAITED_PART);
        var socket = context.createSocket(type);
        socket.setLinger(0);
        socket.setRcvHWM(settings.highWaterMark());
        socket.setMaxMsgSize(MAX_MESSAGE);
        socket.setReconnectIVL(RECONNECT_MILLIS);
        socket.setReconnectIVLMax(RECONNECT_MOST_MILLIS);
        socket.setTCPKeepAlive(1);
        socket.setHandshakeIvl(Math.min(HANDSHAKE_MILLIS, Math.max(1, silence)));
        socket.setHeartbeatIvl(Math.max(1, silence - waited));
        socket.setHeartbeatTimeout(waited);
        return socket;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by the thread that reads the connection alone
    private Msg begin(int size) {
        begun++;
        return new Msg(size);
    }

    EventSource source() {
        return source;
    }

    /**
     * Dials again where somebody has greeted and says nothing at all, though heartbeats have to be answered: they are sent to
     * those only who have said after the greeting what they are (ZMTP's {@code READY}), which JeroMQ waits for without end. For
     * that it is waited no longer than for a greeting: JeroMQ 0.6 itself loses sight of some connections that it has just made,
     * and neither reads them nor sees them end.
     */
    void watch(long now) {
        int begunNow = begun;
        if (!watched || begunNow != seen) {
            seen = begunNow;
            seenAt = now;
        } else if (now - seenAt >= (begunNow == begunBefore ? agreeingNanos : longestNanos)) {
            seenAt = now;
            watched = false;
            greeted = false;
            live.disconnect(address);
            live.connect(address);
            line.unanswered(this);
        }
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
