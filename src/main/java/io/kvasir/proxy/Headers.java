package io.kvasir.proxy;

import io.kvasir.traffic.Door;
import io.kvasir.traffic.HeaderReader;
import io.kvasir.traffic.RoutingHeader;
import io.kvasir.traffic.TrafficRules;
import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which headers pass in which direction, and what the request's own say to us: those of one hop, and {@link RoutingHeader}s. */
final class Headers {
    static final String REQUEST_ID = RoutingHeader.REQUEST_ID.key();
    static final String FORWARDED_FOR = RoutingHeader.FORWARDED_FOR.key();

    /** Of one connection, RFC 9110 §7.6.1, and the older ones still met. */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Written anew for the upstream. */
    private static final Set<String> OURS = Set.of("host", "content-length", "expect");

    private Headers() {}

    /**
     * Copies what an endpoint may see of a client's headers.
     *
     * @param trusted whether the peer's forwarded headers are believed
     */
    static void copyToUpstream(MultiMap from, MultiMap to, boolean trusted) {
        String listed = connectionOptions(from);
        for (Map.Entry<String, String> header : from) {
            String name = lower(header.getKey());
            if (!HOP_BY_HOP.contains(name) && !OURS.contains(name) && passes(name, trusted) && !named(listed, name)) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Copies what a client may see of an endpoint's headers. */
    static void copyToClient(MultiMap from, MultiMap to) {
        String listed = connectionOptions(from);
        for (Map.Entry<String, String> header : from) {
            String name = lower(header.getKey());
            if (!HOP_BY_HOP.contains(name) && passes(name, true) && !named(listed, name)) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Whether nobody can tell where the message ends: it has a transfer coding other than chunked, RFC 9112 §6.1. */
    static boolean unknownCoding(MultiMap headers) {
        var codings = headers.getAll("transfer-encoding");
        return !codings.isEmpty()
                && !(codings.size() == 1 && codings.getFirst().strip().equalsIgnoreCase("chunked"));
    }

    /** Whether the connection is to become a websocket; other upgrades may be passed over (RFC 9110 §7.8). */
    static boolean websocket(MultiMap headers) {
        var upgrade = headers.get("upgrade");
        return upgrade != null && upgrade.toLowerCase(Locale.ROOT).contains("websocket");
    }

    /** Whether the body is compressed, so that nothing can be read from it. */
    static boolean encoded(MultiMap headers) {
        var coding = headers.get("content-encoding");
        return coding != null && !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity");
    }

    /** Whether a browser asks, before a request, whether it may send it (CORS). */
    static boolean preflight(MultiMap headers) {
        return headers.contains("origin") && headers.contains("access-control-request-method");
    }

    /**
     * What the headers say to us.
     *
     * @param trusted whether the peer may speak for its clients
     * @param rules say which more headers are read
     */
    static HeaderReader read(MultiMap headers, boolean trusted, TrafficRules rules) {
        var reader = new HeaderReader(Door.PROXY, trusted, rules);
        for (Map.Entry<String, String> header : headers) {
            String name = lower(header.getKey());
            if (reader.wants(name)) {
                reader.other(name, header.getValue());
            }
            var row = RoutingHeader.of(name);
            if (row != null) {
                reader.read(row, name, header.getValue());
            }
        }
        return reader;
    }

    private static boolean passes(String name, boolean trusted) {
        var row = RoutingHeader.of(name);
        return row == null || row.at(Door.PROXY).passed(trusted);
    }

    /** The headers that {@code connection} names, in lower case; null for the usual one word. */
    private static @Nullable String connectionOptions(MultiMap headers) {
        String value = headers.get("connection");
        if (value == null || value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
            return null;
        }
        return ","
                + String.join(",", headers.getAll("connection"))
                        .toLowerCase(Locale.ROOT)
                        .replace(" ", "") + ",";
    }

    private static boolean named(@Nullable String listed, String name) {
        return listed != null && listed.contains("," + name + ",");
    }

    private static String lower(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                return name.toLowerCase(Locale.ROOT);
            }
        }
        return name;
    }
}
