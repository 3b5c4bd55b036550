package io.kvasir.kvevents;

import io.kvasir.pool.ToldEvents;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an engine's word of where its events are means from here. An engine that listens says the address that it listens on,
 * one that dials the address that it dials.
 *
 * @param endpoint the endpoint's own address
 * @param ownPort where engines dial us; 0 for nowhere
 */
record EventPlaces(String endpoint, int ownPort) {

    /** The ranks at addresses that mean the same here; empty where any of them cannot be dialled. */
    List<ToldEvents.Rank> dialled(ToldEvents told) {
        return problem(told) != null
                ? List.of()
                : told.ranks().stream()
                        .map(rank ->
                                new ToldEvents.Rank(rank.rank(), rank.address().of(endpoint)))
                        .toList();
    }

    /** Why they cannot be dialled, as a reason code; null where all can be, and where there are none. */
    @Nullable
    String problem(ToldEvents told) {
        return told.problem() != null
                ? told.problem()
                : told.ranks().stream()
                        .map(this::problem)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    private @Nullable String problem(ToldEvents.Rank rank) {
        String host = unbracketed(rank.address().host());
        if (host.equals("*") || same(endpoint, host)) {
            return null;
        }
        if (isLoopback(host)) {
            return isLoopback(endpoint) ? null : "only-on-its-host";
        }
        return ownPort > 0 && rank.address().port() == ownPort ? "dials-us" : null;
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isLoopback(String host) {
        try {
            return host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Whether two addresses are one; those of version 6 can be written in several ways. */
    static boolean same(String one, String other) {
        if (one.equals(other)) {
            return true;
        }
        try {
            return one.indexOf(':') >= 0
                    && other.indexOf(':') >= 0
                    && InetAddress.ofLiteral(one).equals(InetAddress.ofLiteral(other));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
