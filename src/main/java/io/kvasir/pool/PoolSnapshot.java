package io.kvasir.pool;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The pool at one moment: immutable, published whole, read without locks. */
public final class PoolSnapshot {
    private final long version;
    private final @Nullable Endpoint[] byOrdinal;
    private final Endpoint[] endpoints;
    private final Map<String, Endpoint> byHostPort;
    private final boolean disaggregated;
    private final boolean encodes;

    PoolSnapshot(long version, @Nullable Endpoint[] byOrdinal) {
        this.version = version;
        this.byOrdinal = byOrdinal;
        var present = new ArrayList<Endpoint>();
        byHostPort = new LinkedHashMap<>();
        for (var endpoint : byOrdinal) {
            if (endpoint != null) {
                present.add(endpoint);
                byHostPort.put(endpoint.hostPort(), endpoint);
            }
        }
        endpoints = present.toArray(Endpoint[]::new);
        disaggregated = present.stream().anyMatch(endpoint -> endpoint.spec().role() == Role.PREFILL);
        encodes = present.stream().anyMatch(endpoint -> endpoint.spec().role() == Role.ENCODE);
    }

    /** Grows by one with every change. */
    public long version() {
        return version;
    }

    /** Endpoints in the pool. */
    public int size() {
        return endpoints.length;
    }

    /** Whether it has endpoints that only prefill. */
    public boolean disaggregated() {
        return disaggregated;
    }

    /** Whether it has endpoints that only encode media. */
    public boolean encodes() {
        return encodes;
    }

    /** One above the highest ordinal in use: the length that arrays by ordinal need. */
    public int slots() {
        return byOrdinal.length;
    }

    /** The endpoint at place {@code index}, 0 to {@link #size} - 1, in order of ordinals. */
    public Endpoint at(int index) {
        return endpoints[index];
    }

    /** Puts all of them into an array, in order of ordinals; it must have room for {@link #size}. */
    public void copy(Endpoint[] into) {
        System.arraycopy(endpoints, 0, into, 0, endpoints.length);
    }

    /** The endpoint with that ordinal; null where the place is vacant. */
    public @Nullable Endpoint byOrdinal(int ordinal) {
        return ordinal < byOrdinal.length ? byOrdinal[ordinal] : null;
    }

    /** The endpoint at that {@code ip:port}, or null. */
    public @Nullable Endpoint byHostPort(String hostPort) {
        return byHostPort.get(hostPort);
    }

    public List<Endpoint> endpoints() {
        return List.of(endpoints);
    }
}
