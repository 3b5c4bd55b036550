package io.kvasir.kvevents.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Event frames and block hashes that were recorded from engines or made by their published code. */
public final class RecordedEvents {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordedEvents() {}

    /** A JSON file of the test resources. */
    public static JsonNode json(String resource) {
        try (var in = RecordedEvents.class.getResourceAsStream(resource)) {
            return JSON.readTree(Objects.requireNonNull(in, resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of one JSON object a line. */
    public static List<JsonNode> lines(String resource) {
        try (var in = RecordedEvents.class.getResourceAsStream(resource)) {
            var lines = new ArrayList<JsonNode>();
            for (String line : new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8)
                    .split("\n", -1)) {
                if (!line.isBlank()) {
                    lines.add(JSON.readTree(line));
                }
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Files of frames of vLLM 0.32. */
    public static Stream<String> files() {
        return Stream.of(
                        "dp_rank1",
                        "sha256_cbor_seed42",
                        "sha256_noseed",
                        "sha256_noseed_bytes",
                        "sha256_seed7_pd_decode",
                        "xxhash_cbor_seed0",
                        "xxhash_seed7_pd_prefill")
                .map(name -> "/vllm-0.32/kv_events_" + name + ".jsonl");
    }

    /** Elements of an array. */
    public static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    /** An array of integers. */
    public static int[] ints(JsonNode array) {
        return elements(array).mapToInt(JsonNode::intValue).toArray();
    }
}
