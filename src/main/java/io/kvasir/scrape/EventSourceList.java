package io.kvasir.scrape;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.ToldEvents;
import java.io.IOException;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer of vLLM's {@code /kv_event_sources} while it arrives: an object keyed by rank, of which each value is the
 * configuration of that rank's publisher. Some builds give addresses as objects of {@code host} and {@code port}.
 */
final class EventSourceList extends JsonAnswer {
    /** Largest answer, in bytes. */
    static final long MAX_BYTES = 1L << 20;

    private static final int MOST_RANKS = 1_024;
    private static final int LONGEST = 256;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");
    private static final Pattern TCP = Pattern.compile("tcp://(\\[[^\\]\\s]*]|[^:/?\\s]*|::):(\\d{1,5})");

    /** A place as the engine writes it; parts are empty where they are not told. */
    private static final class Place {
        String text = "";
        String host = "";
        int port;

        void clear() {
            text = "";
            host = "";
            port = 0;
        }

        boolean isTold() {
            return !text.isEmpty() || port > 0;
        }
    }

    private final TreeMap<Integer, EventAddress> ranks = new TreeMap<>();
    private final Place live = new Place();
    private final Place replay = new Place();
    private @Nullable String problem;
    private String rank = "";
    private String member = "";
    private String inner = "";
    private String topic = "";
    private boolean publishes;
    private boolean inRank;

    @Override
    void begin() {
        super.begin();
        ranks.clear();
        problem = null;
        inRank = false;
    }

    /** What the answer says, which is complete; null if it is no object. */
    @Nullable
    ToldEvents read() {
        if (!finish()) {
            return null;
        }
        var all = ranks.entrySet().stream()
                .map(each -> new ToldEvents.Rank(each.getKey(), each.getValue()))
                .toList();
        return new ToldEvents(all, problem);
    }

    @Override
    void token(JsonParser parser, JsonToken token) throws IOException {
        int depth = depth();
        switch (token) {
            case FIELD_NAME -> {
                if (depth == 1) {
                    rank = parser.currentName();
                } else if (depth == 2) {
                    member = parser.currentName();
                } else if (depth == 3) {
                    inner = parser.currentName();
                }
            }
            case START_OBJECT -> {
                if (depth == 2) {
                    inRank = true;
                    member = "";
                    topic = "";
                    publishes = true;
                    live.clear();
                    replay.clear();
                } else if (depth == 3) {
                    inner = "";
                }
            }
            case END_OBJECT -> {
                if (depth == 2 && inRank) {
                    inRank = false;
                    ended();
                }
            }
            default -> {
                if (inRank && token.isScalarValue()) {
                    value(parser, token, depth);
                }
            }
        }
    }

    private void value(JsonParser parser, JsonToken token, int depth) throws IOException {
        if (depth == 3) {
            var place = member.startsWith("replay_endpoint") ? replay : member.startsWith("endpoint") ? live : null;
            if (place != null && inner.equals("host")) {
                place.host = text(parser, token);
            } else if (place != null && inner.equals("port")) {
                place.port = number(parser, token);
            }
            return;
        }
        if (depth != 2) {
            return;
        }
        switch (member) {
            case "enable_kv_cache_events" -> publishes &= token != JsonToken.VALUE_FALSE;
            case "publisher", "transport" -> publishes &= text(parser, token).equals("zmq") || !told(token);
            case "endpoint" -> live.text = text(parser, token);
            case "replay_endpoint" -> replay.text = text(parser, token);
            case "topic" -> topic = text(parser, token);
            case "data_parallel_rank" -> {
                if (token == JsonToken.VALUE_NUMBER_INT) {
                    rank = String.valueOf(number(parser, token));
                }
            }
            default -> {}
        }
    }

    private static boolean told(JsonToken token) {
        return token == JsonToken.VALUE_STRING;
    }

    private static String text(JsonParser parser, JsonToken token) throws IOException {
        return token == JsonToken.VALUE_STRING && parser.getTextLength() <= LONGEST
                ? parser.getText().strip()
                : "";
    }

    private static int number(JsonParser parser, JsonToken token) throws IOException {
        return token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() == JsonParser.NumberType.INT
                ? Math.max(0, parser.getIntValue())
                : 0;
    }

    /** All of one rank was read. */
    private void ended() {
        if (!publishes || !live.isTold() || !NUMBER.matcher(rank).matches() || ranks.size() >= MOST_RANKS) {
            return;
        }
        var address = address(live);
        if (address == null) {
            problem = "unsupported-address";
            return;
        }
        var asked = replay.isTold() ? address(replay) : null;
        ranks.put(
                Integer.parseInt(rank),
                new EventAddress(address.host(), address.port(), asked == null ? 0 : asked.port(), topic, 1));
    }

    /** Null for one that cannot be dialled. */
    private static @Nullable EventAddress address(Place place) {
        String host = place.host;
        int port = place.port;
        if (!place.text.isEmpty()) {
            var match = TCP.matcher(place.text.toLowerCase(Locale.ROOT));
            if (!match.matches()) {
                return null;
            }
            host = match.group(1);
            port = Integer.parseInt(match.group(2));
        }
        if (port < 1 || port > 65_535) {
            return null;
        }
        return new EventAddress(isAny(host) ? "*" : bracketed(host), port, 0, "", 1);
    }

    /** Whether the host is every address that the engine has, or none is told. */
    private static boolean isAny(String host) {
        return switch (host) {
            case "", "*", "0.0.0.0", "[::]", "::", "[]" -> true;
            default -> false;
        };
    }

    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }
}
