package io.kvasir.discovery.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.kvasir.pool.EventAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an engine's KV events can be had, by what its container is started with: {@code --kv-events-config} with a publisher
 * that listens, as vLLM and SGLang have it. One that dials names a host, and is not dialled.
 */
final class EventArguments {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FLAG = "--kv-events-config";
    private static final Pattern RANKS =
            Pattern.compile("(?:--data-parallel-size-local|--data-parallel-size|-dp|--dp-size)[=\\s]+(\\d{1,4})\\b");
    private static final List<String> ANY_HOST = List.of("*", "0.0.0.0", "[::]", "::");

    private EventArguments() {}

    /** An {@link EventAddress} in words; null where the container says none that can be dialled. */
    static @Nullable String of(Container container) {
        var words = new ArrayList<String>();
        words.addAll(container.getCommand());
        words.addAll(container.getArgs());
        String all = String.join(" ", words);
        int flag = all.indexOf(FLAG);
        int json = flag < 0 ? -1 : all.indexOf('{', flag);
        if (json < 0) {
            return null;
        }
        // in a shell's line quotes may be escaped
        String text = all.substring(json);
        var config = read(text.startsWith("{\\\"") ? text.replace("\\\"", "\"") : text);
        if (config == null
                || !config.path("enable_kv_cache_events")
                        .asBoolean(config.path("publisher").asText("").equals("zmq"))) {
            return null;
        }
        int port = port(config.path("endpoint").asText("tcp://*:5557"));
        if (port <= 0) {
            return null;
        }
        int replay = port(config.path("replay_endpoint").asText(""));
        String topic = config.path("topic").asText("");
        var ranks = RANKS.matcher(all);
        String address = "tcp://*:" + port + "?topic=" + topic + (replay > 0 ? "&replay=" + replay : "")
                + (ranks.find() ? "&ranks=" + ranks.group(1) : "");
        return isAddress(address) ? address : null;
    }

    private static @Nullable JsonNode read(String text) {
        try {
            // what follows the object is not read
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static boolean isAddress(String text) {
        try {
            var _ = EventAddress.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The port that something listens on; 0 where it does not. */
    private static int port(String endpoint) {
        int colon = endpoint.lastIndexOf(':');
        if (!endpoint.startsWith("tcp://") || colon < 7 || !ANY_HOST.contains(endpoint.substring(6, colon))) {
            return 0;
        }
        try {
            return Integer.parseInt(endpoint.substring(colon + 1));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
