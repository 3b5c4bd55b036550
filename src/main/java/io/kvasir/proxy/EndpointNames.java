package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Takes the names of endpoints out of an answer's headers. URLs that point to one are made to point to where the client
 * asked; any other header that holds an endpoint's address is left out.
 */
final class EndpointNames {
    private EndpointNames() {}

    /**
     * Edits the headers.
     *
     * @param prefix what the client's path has in front of the engine's, as {@code /llm/<model>}; maybe empty
     */
    static void hide(MultiMap headers, Endpoint endpoint, PoolSnapshot pool, String prefix) {
        String address = bare(endpoint.spec().address());
        List<String> edited = null;
        for (Map.Entry<String, String> header : headers) {
            boolean url = holdsUrl(header.getKey());
            if (url ? mayPoint(header.getValue()) : names(header.getValue(), endpoint, address)) {
                edited = edited == null ? new ArrayList<>(2) : edited;
                edited.add(header.getKey());
            }
        }
        if (edited == null) {
            return;
        }
        for (String name : edited) {
            var values = headers.getAll(name);
            headers.remove(name);
            for (String value : values) {
                String hidden = holdsUrl(name)
                        ? hideUrls(value, endpoint, pool, prefix, isBareUrl(name))
                        : names(value, endpoint, address) ? null : value;
                if (hidden != null) {
                    headers.add(name, hidden);
                }
            }
        }
    }

    private static boolean isBareUrl(String header) {
        return header.equalsIgnoreCase("location") || header.equalsIgnoreCase("content-location");
    }

    private static boolean holdsUrl(String header) {
        return isBareUrl(header) || header.equalsIgnoreCase("refresh") || header.equalsIgnoreCase("link");
    }

    private static boolean mayPoint(String value) {
        return value.indexOf('/') >= 0;
    }

    /** Whether the text has the endpoint's address, its {@code ip:port}, or is its name. */
    private static boolean names(String value, Endpoint endpoint, String address) {
        return holds(value, endpoint.hostPort())
                || (address.indexOf('.') > 0 || address.indexOf(':') >= 0) && holds(value, address)
                || value.equalsIgnoreCase(endpoint.spec().name());
    }

    private static boolean holds(String text, String word) {
        int at = text.indexOf(word);
        while (at >= 0) {
            int end = at + word.length();
            if ((at == 0 || !isPart(text.charAt(at - 1))) && (end == text.length() || !isPart(text.charAt(end)))) {
                return true;
            }
            at = text.indexOf(word, at + 1);
        }
        return false;
    }

    private static boolean isPart(char c) {
        return Character.isLetterOrDigit(c) || c == '.' || c == '-';
    }

    private static String bare(String address) {
        return address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    }

    /** The value with each URL that points to an endpoint made relative to the client's host. */
    private static String hideUrls(String value, Endpoint endpoint, PoolSnapshot pool, String prefix, boolean bareUrl) {
        var out = new StringBuilder(value.length());
        int from = 0;
        int at;
        while ((at = value.indexOf("//", from)) >= 0) {
            int begin = schemeStart(value, at, from);
            int host = at + 2;
            int end = host;
            while (end < value.length() && "/?#>\"' ;,\\".indexOf(value.charAt(end)) < 0) {
                end++;
            }
            if (begin >= 0 && isEndpoint(value.substring(host, end), endpoint, pool)) {
                out.append(value, from, begin).append(prefix);
                if (end == value.length() || value.charAt(end) != '/') {
                    out.append('/');
                }
            } else {
                out.append(value, from, end);
            }
            from = end;
        }
        if (from == 0) {
            return bareUrl && value.startsWith("/") ? prefix + value : value;
        }
        return out.append(value, from, value.length()).toString();
    }

    /** Where the URL with {@code //} at that place begins; -1 where it is none, but part of a path. */
    private static int schemeStart(String value, int slashes, int from) {
        if (slashes > from && value.charAt(slashes - 1) == ':') {
            int begin = slashes - 1;
            while (begin > from && isScheme(value.charAt(begin - 1))) {
                begin--;
            }
            return begin;
        }
        return slashes == 0 || "<='\" ".indexOf(value.charAt(slashes - 1)) >= 0 ? slashes : -1;
    }

    private static boolean isScheme(char c) {
        return Character.isLetterOrDigit(c) || c == '+' || c == '-' || c == '.';
    }

    private static boolean isEndpoint(String authority, Endpoint endpoint, PoolSnapshot pool) {
        String hostPort = authority.substring(authority.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
        String host = host(hostPort);
        if (hostPort.isEmpty() || is(host, hostPort, endpoint)) {
            return true;
        }
        for (int i = 0; i < pool.size(); i++) {
            if (is(host, hostPort, pool.at(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(String host, String hostPort, Endpoint endpoint) {
        return hostPort.equals(endpoint.hostPort())
                || host.equalsIgnoreCase(bare(endpoint.spec().address()))
                || host.equalsIgnoreCase(endpoint.spec().name());
    }

    private static String host(String hostPort) {
        if (hostPort.startsWith("[")) {
            int end = hostPort.indexOf(']');
            return end < 0 ? hostPort : hostPort.substring(1, end);
        }
        int colon = hostPort.lastIndexOf(':');
        return colon < 0 ? hostPort : hostPort.substring(0, colon);
    }

    /** What the client's request target has in front of the path that the engine was asked for; empty for nothing. */
    static String prefix(String target, String upstream) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        int path = authority < 0 ? 0 : target.indexOf('/', authority + 3);
        int query = upstream.indexOf('?');
        String plain = query < 0 ? upstream : upstream.substring(0, query);
        int at = path < 0 ? -1 : target.indexOf(plain, path);
        return at < 0 ? "" : target.substring(path, at);
    }
}
