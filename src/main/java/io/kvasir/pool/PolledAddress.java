package io.kvasir.pool;

import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where KV events are that an engine does not publish but keeps until they are read, as TensorRT-LLM does: {@code
 * http://host:port/path}, and behind a question mark, joined by {@code &}: {@code interval=200}, milliseconds from one
 * reading to the next, and {@code block=32}, tokens of a block until the events prove another size.
 *
 * @param scheme {@code http} or {@code https}
 * @param host name or address, an IPv6 one in brackets; {@code *} for the endpoint's own
 * @param port 0 for the endpoint's own
 * @param path {@code /kv_cache_events} where none is said
 * @param intervalMillis 10 to 60,000
 * @param blockTokens 1 to 16,384
 */
public record PolledAddress(String scheme, String host, int port, String path, int intervalMillis, int blockTokens) {
    /** What an address looks like. */
    public static final String ALLOWED = "http://host:port/path, and behind it ?interval=MILLISECONDS&block=TOKENS";

    private static final Pattern HTTP =
            Pattern.compile("(https?)://(\\[[^\\]]+\\]|[^:/?]+)(?::(\\d{1,5}))?(/[^?\\s]*)?(?:\\?(\\S*))?");

    /** Whether a text is meant to be one. */
    public static boolean is(@Nullable String text) {
        return text != null && (text.startsWith("http://") || text.startsWith("https://"));
    }

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException saying what is wrong and what is allowed
     */
    public static PolledAddress parse(String text) {
        var match = HTTP.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException(text + "; allowed: " + ALLOWED);
        }
        int port = match.group(3) == null ? 0 : number(match.group(3), 1, 65_535, "port");
        int interval = 200;
        int block = 32;
        String options = match.group(5) == null ? "" : match.group(5);
        for (String option : options.isEmpty() ? new String[0] : options.split("&", -1)) {
            int at = option.indexOf('=');
            String name = at < 0 ? option : option.substring(0, at);
            String value = at < 0 ? "" : option.substring(at + 1);
            switch (name) {
                case "interval" -> interval = number(value, 10, 60_000, name);
                case "block" -> block = number(value, 1, 16_384, name);
                default -> throw new IllegalArgumentException(name + "; allowed: interval, block");
            }
        }
        String path = match.group(4) == null ? "/kv_cache_events" : match.group(4);
        return new PolledAddress(match.group(1), match.group(2), port, path, interval, block);
    }

    private static int number(String text, int least, int most, String what) {
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(what + " " + text + "; allowed: " + least + " to " + most);
    }

    /** What is read, at an endpoint's own address and port where none are said. */
    public URI at(String address, int ownPort) {
        String own = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
        return URI.create(scheme + "://" + (host.equals("*") ? own : host) + ":" + (port == 0 ? ownPort : port) + path);
    }
}
