package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.wire.KvEventDecoder;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
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
         * @param peer address and port that the connection comes from; null for unknown
         */
        @Nullable
        EventSource of(String topic, @Nullable String peer, int rank, long now);
    }

    /** What becomes of connections; told by another thread. */
    interface Lines {
        /** A connection from that address and port is there. */
        void came(String peer);

        /** It broke, or heartbeats were not answered in time. */
        void went(String peer);
    }

    private final ZMQ.Socket socket;
    private final Claims claims;
    private final EventCounts counts;

    BoundSocket(
            ZContext context,
            String address,
            KvEventSettings settings,
            Claims claims,
            Lines lines,
            EventCounts counts) {
        this.claims = claims;
        this.counts = counts;
        socket = Subscriber.socket(context, SocketType.SUB, settings);
        socket.setEventHook(
                event -> {
                    String peer = event.getValue() instanceof SocketChannel channel ? peer(channel) : null;
                    if (peer != null) {
                        switch (event.getEvent()) {
                            case ACCEPTED -> lines.came(peer);
                            case DISCONNECTED -> lines.went(peer);
                            default -> {}
                        }
                    }
                },
                ZMQ.EVENT_ACCEPTED | ZMQ.EVENT_DISCONNECTED);
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
        String topic = new String(frames.get(0), StandardCharsets.UTF_8);
        var source = claims.of(topic, peer, KvEventDecoder.rank(payload), now);
        if (source == null) {
            counts.batch(Batch.UNCLAIMED);
        } else {
            source.live(ByteBuffer.wrap(frames.get(1)).getLong(), payload, now);
        }
    }

    private static @Nullable String peer(@Nullable Metadata metadata) {
        return metadata == null ? null : metadata.get(Metadata.PEER_ADDRESS);
    }

    /** As the library names the other side of a connection in what comes from there. */
    private static @Nullable String peer(SocketChannel channel) {
        return channel.socket().getRemoteSocketAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : null;
    }

    /** The address of a peer, without its port. */
    static String host(String peer) {
        int port = peer.lastIndexOf(':');
        String host = port < 0 ? peer : peer.substring(0, port);
        host = host.startsWith("/") ? host.substring(1) : host;
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
