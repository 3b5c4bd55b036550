package io.kvasir.traffic;

import io.kvasir.request.GoDuration;
import io.kvasir.request.RequestHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of one request say, as far as the door believes them. The same at every door: of the names of a row the
 * first goes before the next, of several headers of one name the last counts, which who is nearer to us has added, and a blank one counts
 * as absent.
 */
public final class HeaderReader {
    private static final int LONGEST_ID = 128;
    /** Characters of a name of a conversation, a flow or an objective; longer ones count as absent. */
    private static final int LONGEST_NAME = 256;

    private static final int MOST_RETRIES = 1_000;
    private static final double MILLIS = 1e-3;

    private final Door door;
    private final boolean trusted;
    private final Set<String> wanted;
    private final List<String> sessions;
    private @Nullable Map<String, String> others;
    private String @Nullable [] values;
    /** By which of its row's names a value came. */
    private byte @Nullable [] ranks;

    private boolean doubted;

    /** One that was configured to read nothing more. */
    public HeaderReader(Door door, boolean trusted) {
        this(door, trusted, Set.of(), List.of());
    }

    /**
     * @param trusted whether the peer may speak for its clients; at the picker that is a gateway, which may
     * @param rules say which headers scheduling reads, and which name conversations
     */
    public HeaderReader(Door door, boolean trusted, TrafficRules rules) {
        this(door, trusted, rules.headers(), rules.sessionHeaders());
    }

    private HeaderReader(Door door, boolean trusted, Set<String> wanted, List<String> sessions) {
        this.door = door;
        this.trusted = trusted;
        this.wanted = wanted;
        this.sessions = sessions;
    }

    /**
     * Whether scheduling was configured to read a header, whatever else it is.
     *
     * @param name in lower case
     */
    public boolean wants(String name) {
        return !wanted.isEmpty() && wanted.contains(name);
    }

    /** Takes note of a header that scheduling {@linkplain #wants wants}; of several of one name the last counts. */
    public void other(String name, String value) {
        var noted = others == null ? new HashMap<String, String>() : others;
        noted.put(name, value);
        others = noted;
    }

    /**
     * Takes note of a header.
     *
     * @param header the row it belongs to
     * @param name in lower case
     */
    public void read(RoutingHeader header, String name, String value) {
        var use = header.at(door);
        if (value.isBlank()) {
            return;
        }
        if (!use.read(trusted)) {
            doubted |= use.read(true);
            return;
        }
        var noted = values;
        var by = ranks;
        if (noted == null || by == null) {
            noted = new String[RoutingHeader.READ_ONES];
            by = new byte[RoutingHeader.READ_ONES];
            values = noted;
            ranks = by;
        }
        int row = header.ordinal();
        byte rank = (byte) header.names().indexOf(name);
        if (noted[row] == null || rank <= by[row]) {
            noted[row] = value;
            by[row] = rank;
        }
    }

    /** Whether a peer that is not trusted said whose request it is, or how much it matters; that was not believed. */
    public boolean doubted() {
        return doubted;
    }

    /** What it says; null where it was not sent, or not believed. */
    public @Nullable String value(RoutingHeader header) {
        return values == null ? null : values[header.ordinal()];
    }

    /** What a request is told by its headers. */
    public RequestHeaders headers() {
        if (values == null) {
            return others == null
                    ? RequestHeaders.NONE
                    : RequestHeaders.NONE.withSessionId(configuredSession()).withOthers(others);
        }
        String configured = configuredSession();
        return new RequestHeaders(
                requestId(),
                configured != null ? configured : name(RoutingHeader.SESSION),
                name(RoutingHeader.PARENT_SESSION),
                name(RoutingHeader.OBJECTIVE),
                name(RoutingHeader.FAIRNESS),
                seconds(RoutingHeader.TTFT_SLO),
                seconds(RoutingHeader.TPOT_SLO),
                ttl(),
                retries(),
                others == null ? Map.of() : others);
    }

    private @Nullable String configuredSession() {
        for (int i = 0; others != null && i < sessions.size(); i++) {
            String session = fit(others.get(sessions.get(i)));
            if (session != null) {
                return session;
            }
        }
        return null;
    }

    private @Nullable String name(RoutingHeader header) {
        return fit(value(header));
    }

    private static @Nullable String fit(@Nullable String name) {
        return name == null || name.isBlank() || name.length() > LONGEST_NAME ? null : name;
    }

    private double ttl() {
        String text = value(RoutingHeader.TTL);
        long nanos = text == null ? GoDuration.NONE : GoDuration.nanos(text.strip());
        return nanos == GoDuration.NONE ? Double.NaN : nanos / 1e9;
    }

    private int retries() {
        String text = value(RoutingHeader.RETRIES);
        try {
            return text == null ? 0 : Math.clamp(Integer.parseInt(text.strip()), 0, MOST_RETRIES);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** The request's id if it is fit to be one, else null. */
    public @Nullable String requestId() {
        String id = value(RoutingHeader.REQUEST_ID);
        if (id == null || id.length() > LONGEST_ID) {
            return null;
        }
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) <= ' ' || id.charAt(i) > '~') {
                return null;
            }
        }
        return id;
    }

    private double seconds(RoutingHeader header) {
        String millis = value(header);
        try {
            return millis == null ? Double.NaN : Double.parseDouble(millis) * MILLIS;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
