package io.kvasir.kvevents;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.PolledAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is followed of one endpoint. For the thread that polls. */
final class Followed {
    /** How long after dialling has failed it is tried again, in ns. */
    private static final long AGAIN_NANOS = 5_000_000_000L;

    Endpoint endpoint;
    final @Nullable EventAddress address;
    final @Nullable PolledAddress page;

    @Nullable
    PolledSource polled;

    final List<Subscriber> dialled = new ArrayList<>();
    final Map<Integer, EventSource> bound = new LinkedHashMap<>();
    boolean silent;
    boolean blind;
    boolean shared;
    /** Whether it is followed no more. */
    boolean left;
    /** Why nothing is dialled, as a reason code. */
    private @Nullable String problem;

    private boolean dialling;
    private boolean failed;
    private long again;

    Followed(Endpoint endpoint) {
        this.endpoint = endpoint;
        String text = endpoint.spec().kvEvents();
        EventAddress parsed = null;
        PolledAddress read = null;
        if (text != null) {
            try {
                if (PolledAddress.is(text)) {
                    read = PolledAddress.parse(text);
                } else {
                    parsed = EventAddress.parse(text).of(endpoint.spec().address());
                }
            } catch (IllegalArgumentException e) {
                problem = "unsupported-address";
            }
        }
        address = parsed;
        page = read;
    }

    /** How much of what its engine says is known now, at each of those who say it. */
    List<EventState> states() {
        var all = new ArrayList<EventState>();
        dialled.forEach(subscriber -> all.add(subscriber.source().state()));
        bound.values().forEach(source -> all.add(source.state()));
        var reader = polled;
        if (reader != null) {
            all.add(reader.state());
        }
        return all;
    }

    /** The way in which its events come. */
    String way() {
        return polled != null ? "polled" : !dialled.isEmpty() ? "dialled" : bound.isEmpty() ? "none" : "bound";
    }

    /** Whether it is to be dialled now. */
    boolean isToBeDialled(long now) {
        return address != null
                && endpoint.baseModel() != null
                && dialled.isEmpty()
                && !dialling
                && (!failed || now - again >= 0);
    }

    /** Its address is looked for. */
    void dialling() {
        dialling = true;
    }

    /** It is dialled. */
    void isDialled() {
        dialling = false;
        failed = false;
        problem = null;
    }

    /** It cannot be dialled, for that reason; not now at least. */
    void cannotBeDialled(String reason, long now) {
        dialling = false;
        failed = true;
        problem = reason;
        again = now + AGAIN_NANOS;
    }

    /** Why nothing comes, as a reason code. */
    String problem() {
        String known = problem;
        return known != null ? known : address != null || page != null ? "model-unknown" : "not-configured";
    }

    /** Whether events from there, an address without port, can be its. */
    boolean comesFrom(String peer) {
        return same(endpoint.spec().address(), peer);
    }

    /** Addresses of version 6 can be written in several ways. */
    private static boolean same(String one, String other) {
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
