package io.kvasir.proxy;

import java.time.Duration;

/**
 * How the proxy listens and what it puts up with.
 *
 * @param host address to listen on
 * @param port port to listen on; 0 for any free one
 * @param eventLoops event loops that serve, 1 or more
 * @param trustedProxies peers whose forwarded headers are believed
 * @param nameEndpoints whether answers name the endpoint in {@code x-kvasir-endpoint}
 * @param explain whether answers say why they came from where, see {@link io.kvasir.observe.AnswerHeaders}
 * @param demo whether answers carry {@code x-kvasir-demo: true}
 */
public record ProxySettings(
        String host,
        int port,
        int eventLoops,
        Limits limits,
        Waits waits,
        Connections connections,
        TrustedPeers trustedProxies,
        boolean nameEndpoints,
        boolean explain,
        boolean demo) {

    /**
     * Sizes in bytes.
     *
     * @param body longest request body; longer ones are refused with 413
     * @param headers most of a request's headers, more are refused with 431; the same for upstream answers
     */
    public record Limits(long body, int headers) {
        /** 64 MiB, 64 KiB. */
        public static final Limits DEFAULT = new Limits(64L << 20, 64 << 10);

        public Limits {
            check("max-body-bytes", body, 1, Integer.MAX_VALUE);
            check("max-header-bytes", headers, 1024, 1 << 24);
        }
    }

    /**
     * Longest waits.
     *
     * @param connect for a connection to an endpoint
     * @param header for complete headers, from the connection or from their first byte
     * @param idle without a byte moved while a body is received, sent on or answered, and between the requests of a kept
     *     connection
     * @param firstByte for the first byte of an answer, from the request's first; zero for as long as the endpoint lives
     */
    public record Waits(Duration connect, Duration header, Duration idle, Duration firstByte) {
        /** 1 s, 30 s, 300 s. */
        public static final Waits DEFAULT =
                new Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(300));

        public Waits {
            check("connect-timeout in ms", connect.toMillis(), 1, 600_000);
            check("header-timeout in ms", header.toMillis(), 1, 86_400_000);
            check("idle-timeout in ms", idle.toMillis(), 1, 86_400_000);
            check("first-byte-timeout in ms", firstByte.toMillis(), 0, 86_400_000);
        }

        /** Those without a bound for the first byte. */
        public Waits(Duration connect, Duration header, Duration idle) {
            this(connect, header, idle, Duration.ZERO);
        }

        /** Pause between two looks at what waits, in ms: an eighth of the shortest that is looked after so. */
        int sweepMillis() {
            return (int) Math.clamp(Math.min(header.toMillis(), idle.toMillis()) / 8, 5, 1000);
        }

        /** The same with another bound for the first byte, zero for none. */
        public Waits withFirstByte(Duration longest) {
            return new Waits(connect, header, idle, longest);
        }
    }

    /**
     * Bounds of one event loop's connections to one endpoint.
     *
     * @param most connections
     * @param waiting requests that wait for one; beyond it 503
     */
    public record Connections(int most, int waiting) {
        /** 4096 and 1024. */
        public static final Connections DEFAULT = new Connections(4096, 1024);

        public Connections {
            check("connections-per-endpoint", most, 1, 65_535);
            check("waiting-per-endpoint", waiting, 0, 1 << 20);
        }
    }

    /** Port 8080 on all addresses, one event loop, the defaults of the parts. */
    public static final ProxySettings DEFAULT = new ProxySettings(
            "0.0.0.0",
            8080,
            1,
            Limits.DEFAULT,
            Waits.DEFAULT,
            Connections.DEFAULT,
            TrustedPeers.NONE,
            false,
            false,
            false);

    /**
     * Checks ranges, as the parts do.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is allowed
     */
    public ProxySettings {
        check("http-port", port, 0, 65_535);
        check("event-loops", eventLoops, 1, 1024);
    }

    /** The same at another address. */
    public ProxySettings at(String newHost, int newPort) {
        return toBuilder().host(newHost).port(newPort).build();
    }

    /** The same on that many event loops. */
    public ProxySettings withEventLoops(int loops) {
        return toBuilder().eventLoops(loops).build();
    }

    /** Begins with {@link #DEFAULT}. */
    public static Builder builder() {
        return DEFAULT.toBuilder();
    }

    /** Begins with these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects settings, which are explained where they are components. */
    public static final class Builder {
        private String host;
        private int port;
        private int eventLoops;
        private Limits limits;
        private Waits waits;
        private Connections connections;
        private TrustedPeers trustedProxies;
        private boolean nameEndpoints;
        private boolean explain;
        private boolean demo;

        private Builder(ProxySettings from) {
            host = from.host;
            port = from.port;
            eventLoops = from.eventLoops;
            limits = from.limits;
            waits = from.waits;
            connections = from.connections;
            trustedProxies = from.trustedProxies;
            nameEndpoints = from.nameEndpoints;
            explain = from.explain;
            demo = from.demo;
        }

        public Builder host(String value) {
            host = value;
            return this;
        }

        public Builder port(int value) {
            port = value;
            return this;
        }

        public Builder eventLoops(int value) {
            eventLoops = value;
            return this;
        }

        public Builder limits(Limits value) {
            limits = value;
            return this;
        }

        public Builder waits(Waits value) {
            waits = value;
            return this;
        }

        public Builder connections(Connections value) {
            connections = value;
            return this;
        }

        public Builder trustedProxies(TrustedPeers value) {
            trustedProxies = value;
            return this;
        }

        public Builder nameEndpoints(boolean value) {
            nameEndpoints = value;
            return this;
        }

        public Builder explain(boolean value) {
            explain = value;
            return this;
        }

        public Builder demo(boolean value) {
            demo = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException naming the setting, its value and what is allowed
         */
        public ProxySettings build() {
            return new ProxySettings(
                    host, port, eventLoops, limits, waits, connections, trustedProxies, nameEndpoints, explain, demo);
        }
    }

    private static void check(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": " + value + "; allowed: " + least + " to " + most);
        }
    }
}
