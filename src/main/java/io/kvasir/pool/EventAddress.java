package io.kvasir.pool;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an endpoint's KV events come from, as an endpoint file says it: {@code tcp://host:5557}, and behind a question mark,
 * joined by {@code &}: {@code replay=5558} for the port of the replay socket of the same host, {@code topic=}, a prefix, and
 * {@code ranks=4} for as many data-parallel ranks, at ports that follow each other.
 *
 * @param host name or address, an IPv6 one in brackets; {@code *} for the endpoint's own
 * @param port of rank 0
 * @param replayPort of rank 0; 0 for no replay
 * @param topic prefix of the topics asked for
 */
public record EventAddress(String host, int port, int replayPort, String topic, int ranks) {
    private static final Pattern TCP = Pattern.compile("tcp://(\\[[^\\]]+\\]|[^:/?]+):(\\d{1,5})(?:\\?(\\S*))?");
    private static final int MOST_RANKS = 1024;

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException saying what is wrong and what is allowed
     */
    public static EventAddress parse(String text) {
        var match = TCP.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    text + "; allowed: tcp://host:port, and behind it ?replay=PORT&topic=PREFIX&ranks=N");
        }
        int port = number(match.group(2), 65_535, "port");
        int replay = 0;
        int ranks = 1;
        String topic = "";
        String options = match.group(3) == null ? "" : match.group(3);
        for (String option : options.isEmpty() ? new String[0] : options.split("&", -1)) {
            int at = option.indexOf('=');
            String name = at < 0 ? option : option.substring(0, at);
            String value = at < 0 ? "" : option.substring(at + 1);
            switch (name) {
                case "replay" -> replay = number(value, 65_535, "replay");
                case "ranks" -> ranks = number(value, MOST_RANKS, "ranks");
                case "topic" -> topic = value;
                default -> throw new IllegalArgumentException(name + "; allowed: replay, topic, ranks");
            }
        }
        if (port + ranks - 1 > 65_535 || replay + ranks - 1 > 65_535) {
            throw new IllegalArgumentException(text + "; ports of " + ranks + " ranks end beyond 65535");
        }
        return new EventAddress(match.group(1), port, replay, topic, ranks);
    }

    private static int number(String text, int most, String what) {
        try {
            int value = Integer.parseInt(text);
            if (value >= 1 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(what + " " + text + "; allowed: 1 to " + most);
    }

    /** This, at an endpoint's own address where none is said. */
    public EventAddress of(String endpoint) {
        String own = endpoint.indexOf(':') >= 0 ? "[" + endpoint + "]" : endpoint;
        return host.equals("*") ? new EventAddress(own, port, replayPort, topic, ranks) : this;
    }

    /** This, at an address that its host was found to have. */
    public EventAddress at(InetAddress found) {
        String text = found.getHostAddress();
        String written = text.indexOf(':') >= 0 ? "[" + text + "]" : text;
        return new EventAddress(written, port, replayPort, topic, ranks);
    }

    /** Of that rank alone. */
    public EventAddress ofRank(int rank) {
        return new EventAddress(host, port + rank, replayPort == 0 ? 0 : replayPort + rank, topic, 1);
    }

    /** Of the socket that publishes a rank's events. */
    public String live(int rank) {
        return "tcp://" + host + ":" + (port + rank);
    }

    /** Of the socket that answers what was missed of a rank's events; null for none. */
    public @Nullable String replay(int rank) {
        return replayPort == 0 ? null : "tcp://" + host + ":" + (replayPort + rank);
    }
}
