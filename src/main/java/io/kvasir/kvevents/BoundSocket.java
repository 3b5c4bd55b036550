package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.wire.KvEventDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.io.Metadata;

/** Where engines that dial us bring their events. Whose they are says the topic, or else the address that they come from. */
final class BoundSocket {
    private static final int MOST_AT_ONCE = 4_096;
    private static final int MOST_FRAMES = 8;

    /** Finds whose events they are. */
    interface Claims {
        /**
         * The source of an endpoint's rank; null where no endpoint claims it.
         *
         * @param topic as the engine has it
         * @param peer address that the connection comes from, without port; null for unknown
         */
        @Nullable
        EventSource of(String topic, @Nullable String peer, int rank);
    }

    private final ZMQ.Socket socket;
    private final Claims claims;
    private final EventCounts counts;

    BoundSocket(ZContext context, String address, int highWaterMark, Claims claims, EventCounts counts) {
        this.claims = claims;
        this.counts = counts;
        socket = Subscriber.socket(context, SocketType.SUB, highWaterMark);
        socket.subscribe(new byte[0]);
        socket.setIPv6(address.startsWith("tcp://["));
        socket.bind(address);
    }

    /** With the port that was taken, where any would do. */
    String address() {
        return socket.getLastEndpoint();
    }

    void register(ZMQ.Poller poller) {
        poller.register(socket, ZMQ.Poller.POLLIN);
    }

    /** Takes what has come; returns whether there may be more. */
    boolean read(long now) {
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            var first = socket.base().recv(ZMQ.DONTWAIT);
            if (first == null) {
                return false;
            }
            var frames = new ArrayList<byte[]>(3);
            frames.add(first.data());
            while (socket.hasReceiveMore()) {
                byte[] next = socket.recv(ZMQ.DONTWAIT);
                if (next != null && frames.size() < MOST_FRAMES) {
                    frames.add(next);
                }
            }
            take(frames, peer(first.getMetadata()), now);
        }
        return true;
    }

    private void take(List<byte[]> frames, @Nullable String peer, long now) {
        if (!Subscriber.isLive(frames)) {
            counts.batch(Batch.MALFORMED);
            return;
        }
        byte[] payload = frames.get(2);
        var source = claims.of(new String(frames.get(0), StandardCharsets.UTF_8), peer, KvEventDecoder.rank(payload));
        if (source == null) {
            counts.batch(Batch.UNCLAIMED);
        } else {
            source.live(ByteBuffer.wrap(frames.get(1)).getLong(), payload, now);
        }
    }

    private static @Nullable String peer(@Nullable Metadata metadata) {
        String address = metadata == null ? null : metadata.get(Metadata.PEER_ADDRESS);
        if (address == null) {
            return null;
        }
        int port = address.lastIndexOf(':');
        String host = port < 0 ? address : address.substring(0, port);
        host = host.startsWith("/") ? host.substring(1) : host;
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
