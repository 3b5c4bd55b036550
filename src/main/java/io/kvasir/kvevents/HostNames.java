package io.kvasir.kvevents;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of hosts, without keeping up who asks. */
final class HostNames {
    /** Asks for a name's address, for as long as it takes. */
    interface Resolver {
        InetAddress resolve(String name) throws UnknownHostException;
    }

    private final Resolver resolver;

    HostNames(Resolver resolver) {
        this.resolver = resolver;
    }

    /**
     * Tells the address of a host: at once where it is written as one, else later and from another thread.
     *
     * @param host name or address, an IPv6 one in brackets
     * @param told null for a name that nobody knows
     */
    void find(String host, Consumer<@Nullable InetAddress> told) {
        InetAddress literal = literal(host);
        if (literal != null) {
            told.accept(literal);
            return;
        }
        Thread.ofVirtual().name("kv-events " + host).start(() -> told.accept(asked(host)));
    }

    private static @Nullable InetAddress literal(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        try {
            return InetAddress.ofLiteral(bracketed ? host.substring(1, host.length() - 1) : host);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private @Nullable InetAddress asked(String name) {
        try {
            return resolver.resolve(name);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
