package io.kvasir.transport;

import io.kvasir.failure.FailureText;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the program's event loops run on, and why. Epoll is preferred; without it everything works as well and costs more.
 *
 * @param transport of the loops
 * @param reason why
 * @param failure what loading the library said, in one line; null where it was not tried or did not fail
 */
public record TransportChoice(
        Transport transport, Reason reason, @Nullable String failure) implements Metered {
    /** By which JVMs are told to leave Netty's libraries alone. */
    private static final String NETTYS_SWITCH = "io.netty.transport.noNative";

    /** Why loops run on what they run on. */
    public enum Reason {
        /** It is the one that is preferred. */
        PREFERRED,
        /** The library of native code could not be loaded: another C library, or no folder to unpack it into. */
        NO_LIBRARY,
        /** Another system than Linux, or another processor than x86-64 and arm64. */
        NO_EPOLL_HERE,
        /** Somebody said so, or the program is compiled. */
        SWITCHED_OFF;

        /** What it is called in metrics. */
        public String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** That of loops that were made with epoll preferred where {@code preferred}. */
    public static TransportChoice of(EventLoopGroup loops, boolean preferred) {
        var transport = Transport.of(loops);
        if (transport == Transport.EPOLL) {
            return new TransportChoice(transport, Reason.PREFERRED, null);
        }
        return preferred && !Boolean.getBoolean(NETTYS_SWITCH)
                ? without(
                        System.getProperty("os.name", ""),
                        System.getProperty("os.arch", ""),
                        Epoll.unavailabilityCause())
                : new TransportChoice(transport, Reason.SWITCHED_OFF, null);
    }

    /** Why there is no epoll on that system and processor, as Java calls them. */
    static TransportChoice without(String system, String processor, @Nullable Throwable cause) {
        boolean ours = system.equals("Linux") && (processor.equals("amd64") || processor.equals("aarch64"));
        return ours
                ? new TransportChoice(
                        Transport.NIO, Reason.NO_LIBRARY, cause == null ? "unknown" : FailureText.of(cause))
                : new TransportChoice(Transport.NIO, Reason.NO_EPOLL_HERE, null);
    }

    /** What an operator should know; null where nothing went wrong. */
    public @Nullable String warning() {
        return reason == Reason.NO_LIBRARY
                ? "event loops wait by the JDK's selector, as the library for epoll cannot be loaded: " + failure
                : null;
    }

    @Override
    public void describe(MetricSink sink) {
        sink.gauge(
                "kvasir_transport_info",
                "By what event loops wait for sockets, and why.",
                1,
                "transport",
                transport.code(),
                "reason",
                reason.code());
    }
}
