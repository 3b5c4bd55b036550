package io.kvasir.scrape;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * One kept-alive connection to one server, made when something is asked and made anew when it broke. One question at a
 * time; each is answered or failed exactly once, on the event loop.
 *
 * <pre>
 *   no channel --ask--> connecting --connected--> awaiting --answer--> open, idle --ask--> awaiting …
 *        ^                  |failed                  |timeout, cut, nonsense      |closed by the server
 *        +------------------+------------------------+----------------------------+
 * </pre>
 *
 * <p>A server may close an idle connection just when a question is under way. So a question that was cut on a used
 * connection before any byte of an answer is asked once more on a new one.
 */
abstract class Conversation {
    /** Told how questions went, on the event loop. */
    interface Listener {
        /** Bytes of an answer's body. */
        void body(ProbeKind ask, byte[] bytes, int offset, int length);

        /** A complete answer of {@code bodyBytes}. */
        void answered(ProbeKind ask, int status, long bodyBytes, long askedNanos);

        void failed(ProbeKind ask, ScrapeFailure why);

        /** A connection was made. */
        void connected();

        /** Bytes were parsed, which took that long. */
        void read(long nanos);
    }

    /**
     * What the conversations of one loop share.
     *
     * @param bootstrap makes connections
     * @param scratch where received bytes are put to be read
     * @param timeoutNanos for a whole answer, on the clock that questions are timed by
     */
    record Wiring(EventLoop loop, Bootstrap bootstrap, byte[] scratch, ScrapeSettings settings, long timeoutNanos) {
        /** One whose answers are awaited on real time. */
        Wiring(EventLoop loop, Bootstrap bootstrap, byte[] scratch, ScrapeSettings settings) {
            this(loop, bootstrap, scratch, settings, settings.timeout().toNanos());
        }
    }

    final Wiring wiring;
    final String host;
    final int port;
    final Listener listener;
    private @Nullable Channel channel;
    private @Nullable ProbeKind ask;
    private long askedAt;
    private boolean used;
    private boolean again;
    private boolean refused;
    private int attempt;
    private boolean closed;

    Conversation(Wiring wiring, String host, int port, Listener listener) {
        this.wiring = wiring;
        this.host = host;
        this.port = port;
        this.listener = listener;
    }

    /** Sets the path of a question. */
    abstract void path(ProbeKind question, String path);

    /** Makes connections of its kind. */
    abstract Bootstrap connecting();

    /** Puts the question to the server; what was heard of an earlier one no longer counts. */
    abstract void send(Channel open, ProbeKind question);

    /** Whether nothing of an answer has come yet. */
    abstract boolean untouched();

    /** The connection ended under a question: says what is to be made of it. */
    abstract void cut();

    /** Bytes that an answer may have. */
    final long most(ProbeKind question) {
        return switch (question) {
            case MODELS -> ModelList.MAX_BYTES;
            case EVENT_SOURCES -> EventSourceList.MAX_BYTES;
            case PAGE, HEALTH, VERSION -> wiring.settings.maxPageBytes();
        };
    }

    /** Whether a question may be asked. */
    final boolean idle() {
        return ask == null;
    }

    /** What is awaited; null if idle. */
    final @Nullable ProbeKind awaited() {
        return ask;
    }

    /** When what is awaited is given up; only while it is. */
    final long deadline() {
        return askedAt + wiring.timeoutNanos;
    }

    /** Asks; only while {@link #idle}. */
    final void ask(ProbeKind question, long nowNanos) {
        ask = question;
        askedAt = nowNanos;
        again = false;
        put(question);
    }

    private void put(ProbeKind question) {
        var open = channel;
        if (open == null) {
            connect();
        } else {
            send(open, question);
        }
    }

    /** Gives up what is awaited for too long. */
    final void expire(long nowNanos) {
        if (ask != null && nowNanos >= deadline()) {
            fail(channel == null ? ScrapeFailure.CONNECT : ScrapeFailure.TIMEOUT);
        }
    }

    /** Ends the connection; nothing is told any more. */
    final void close() {
        closed = true;
        ask = null;
        drop();
    }

    final void drop() {
        attempt++;
        var open = channel;
        channel = null;
        if (open != null) {
            var _ = open.close();
        }
    }

    final void fail(ScrapeFailure why) {
        var question = ask;
        ask = null;
        drop();
        if (question != null && !closed) {
            listener.failed(question, why);
        }
    }

    /** The answer is complete. */
    final void conclude(int status, long bodyBytes, boolean keepAlive) {
        var question = ask;
        if (question != null) {
            used = true;
            ask = null;
            if (!keepAlive) {
                drop();
            }
            listener.answered(question, status, bodyBytes, askedAt);
        }
    }

    private void connect() {
        int mine = ++attempt;
        refused = false;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                connect(mine, InetAddress.getByAddress(literal));
            } catch (UnknownHostException e) {
                fail(ScrapeFailure.CONNECT);
            }
            return;
        }
        // the JDK's resolver follows the machine's own rules but blocks
        Thread.ofVirtual().start(() -> {
            try {
                InetAddress address = InetAddress.getByName(host);
                wiring.loop.execute(() -> connect(mine, address));
            } catch (UnknownHostException e) {
                wiring.loop.execute(() -> connectFailed(mine));
            }
        });
    }

    private void connect(int mine, InetAddress address) {
        if (mine != attempt || ask == null) {
            return;
        }
        var _ = connecting().connect(new InetSocketAddress(address, port)).addListener((ChannelFuture made) -> {
            if (made.isSuccess()) {
                connected(mine, made.channel());
            } else {
                refused = mine == attempt && !(made.cause() instanceof ConnectTimeoutException);
                connectFailed(mine);
            }
        });
    }

    /** Whether the last connection that could not be made was refused, or had no way there; else it was not made in time. */
    boolean refused() {
        return refused;
    }

    private void connectFailed(int mine) {
        if (mine == attempt) {
            fail(ScrapeFailure.CONNECT);
        }
    }

    private void connected(int mine, Channel made) {
        var question = ask;
        if (mine != attempt || question == null) {
            var _ = made.close();
            return;
        }
        channel = made;
        used = false;
        listener.connected();
        send(made, question);
    }

    /** A channel ended, maybe one that is no longer of interest. */
    final void ended(Channel gone) {
        if (!isCurrent(gone)) {
            return;
        }
        channel = null;
        var question = ask;
        if (question == null) {
            return;
        }
        if (used && !again && untouched()) {
            again = true;
            put(question);
            return;
        }
        cut();
    }

    final boolean isCurrent(Channel some) {
        return some.equals(channel);
    }
}
