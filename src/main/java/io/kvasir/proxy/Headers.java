package io.kvasir.proxy;

import io.kvasir.request.RequestHeaders;
import io.kvasir.request.RoutingHeaders;
import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which headers pass in which direction, and what the request's own say to us. */
final class Headers {
    static final String REQUEST_ID = "x-request-id";
    static final String FORWARDED_FOR = "x-forwarded-for";

    private static final int LONGEST_ID = 128;

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
    private static final Set<String> OURS = Set.of("host", "content-length", "expect", REQUEST_ID);

    /** What a peer that is not trusted could lie with. */
    private static final Set<String> FORWARDED = Set.of(
            FORWARDED_FOR, "forwarded", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip");

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
            if (!HOP_BY_HOP.contains(name)
                    && !OURS.contains(name)
                    && !RoutingHeaders.isRouters(name)
                    && (trusted || !FORWARDED.contains(name))
                    && !named(listed, name)) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Copies what a client may see of an endpoint's headers. */
    static void copyToClient(MultiMap from, MultiMap to) {
        String listed = connectionOptions(from);
        for (Map.Entry<String, String> header : from) {
            String name = lower(header.getKey());
            if (!HOP_BY_HOP.contains(name)
                    && !name.equals(REQUEST_ID)
                    && !RoutingHeaders.isRouters(name)
                    && !named(listed, name)) {
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

    /** The client's request id if it is fit to be one, else null. */
    static @Nullable String requestId(MultiMap headers) {
        String id = headers.get(REQUEST_ID);
        if (id == null || id.isEmpty() || id.length() > LONGEST_ID) {
            return null;
        }
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) <= ' ' || id.charAt(i) > '~') {
                return null;
            }
        }
        return id;
    }

    /** Whether the connection is to become a websocket; other upgrades may be passed over (RFC 9110 §7.8). */
    static boolean websocket(MultiMap headers) {
        var upgrade = headers.get("upgrade");
        return upgrade != null && upgrade.toLowerCase(Locale.ROOT).contains("websocket");
    }

    /** Whether a browser asks, before a request, whether it may send it (CORS). */
    static boolean preflight(MultiMap headers) {
        return headers.contains("origin") && headers.contains("access-control-request-method");
    }

    /** What the headers add to a request. */
    static RequestHeaders read(MultiMap headers, String requestId) {
        return new RequestHeaders(
                requestId,
                headers.get(RoutingHeaders.SESSION),
                first(headers, RoutingHeaders.OBJECTIVE, RoutingHeaders.OLD_OBJECTIVE),
                first(headers, RoutingHeaders.FAIRNESS, RoutingHeaders.OLD_FAIRNESS),
                seconds(first(headers, RoutingHeaders.TTFT_SLO, RoutingHeaders.OLD_TTFT_SLO)),
                seconds(first(headers, RoutingHeaders.TPOT_SLO, RoutingHeaders.OLD_TPOT_SLO)));
    }

    /** The model that a header demands instead of the request's own; null for none. */
    static @Nullable String rewrite(MultiMap headers) {
        String model = first(headers, RoutingHeaders.REWRITE, RoutingHeaders.OLD_REWRITE);
        return model == null || model.isBlank() ? null : model;
    }

    private static @Nullable String first(MultiMap headers, String name, String older) {
        String value = headers.get(name);
        return value != null ? value : headers.get(older);
    }

    private static double seconds(@Nullable String millis) {
        try {
            return millis == null ? Double.NaN : Double.parseDouble(millis) / 1000;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
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
