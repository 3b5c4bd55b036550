package io.kvasir.traffic;

import io.kvasir.request.RequestHeaders;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of one request say, as far as the door believes them. The same at every door: a newer name goes before
 * an older one, of several headers of one name the last counts, which who is nearer to us has added, and a blank one counts
 * as absent.
 */
public final class HeaderReader {
    private static final int LONGEST_ID = 128;
    private static final double MILLIS = 1e-3;

    private final Door door;
    private final Set<String> wanted;
    private @Nullable Map<String, String> others;
    private String @Nullable [] values;
    /** Which of the values came by the newer name. */
    private int newer;

    public HeaderReader(Door door) {
        this(door, Set.of());
    }

    /** @param wanted names of headers, in lower case, that scheduling was configured to read */
    public HeaderReader(Door door, Set<String> wanted) {
        this.door = door;
        this.wanted = wanted;
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
        if (!header.at(door).read() || value.isBlank()) {
            return;
        }
        var noted = values;
        if (noted == null) {
            noted = new String[RoutingHeader.READ_ONES];
            values = noted;
        }
        int bit = 1 << header.ordinal();
        if (name.equals(header.names().getFirst())) {
            newer |= bit;
        } else if ((newer & bit) != 0) {
            return;
        }
        noted[header.ordinal()] = value;
    }

    /** What it says; null where it was not sent, or not believed. */
    public @Nullable String value(RoutingHeader header) {
        return values == null ? null : values[header.ordinal()];
    }

    /** What a request is told by its headers. */
    public RequestHeaders headers() {
        if (values == null) {
            return others == null ? RequestHeaders.NONE : RequestHeaders.NONE.withOthers(others);
        }
        return new RequestHeaders(
                requestId(),
                value(RoutingHeader.SESSION),
                value(RoutingHeader.OBJECTIVE),
                value(RoutingHeader.FAIRNESS),
                seconds(RoutingHeader.TTFT_SLO),
                seconds(RoutingHeader.TPOT_SLO),
                others == null ? Map.of() : others);
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
