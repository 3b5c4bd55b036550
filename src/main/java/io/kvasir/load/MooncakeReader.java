package io.kvasir.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.zip.GZIPInputStream;

/** Reads traces in Mooncake's format: a JSON object a line, plain or compressed with gzip. */
public final class MooncakeReader {
    private static final ObjectMapper JSON = new ObjectMapper();

    private MooncakeReader() {}

    /**
     * Reads a trace.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException naming file, line and what is wrong
     */
    public static Trace read(Path file) throws IOException {
        var requests = new ArrayList<TraceRequest>();
        try (var lines = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            int number = 0;
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    var request = request(line, file + ":" + number);
                    if (!requests.isEmpty()
                            && request.timestampMillis() < requests.getLast().timestampMillis()) {
                        throw new IllegalArgumentException(file + ":" + number + ": timestamp goes back");
                    }
                    requests.add(request);
                }
            }
        }
        return new Trace(requests);
    }

    private static InputStream open(Path file) throws IOException {
        var in = new BufferedInputStream(Files.newInputStream(file));
        return file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
    }

    private static TraceRequest request(String line, String where) {
        try {
            var node = JSON.readTree(line);
            var ids = node.path("hash_ids");
            var blocks = new long[ids.size()];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = integer(ids.get(i), "hash_ids");
            }
            return new TraceRequest(
                    integer(node.path("timestamp"), "timestamp"),
                    Math.toIntExact(integer(node.path("input_length"), "input_length")),
                    Math.toIntExact(integer(node.path("output_length"), "output_length")),
                    blocks);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(where + ": not a JSON object: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
        }
    }

    private static long integer(JsonNode node, String name) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < 0) {
            throw new IllegalArgumentException(
                    name + " must be an integer from 0, is " + (node.isMissingNode() ? "missing" : node.toString()));
        }
        return node.asLong();
    }
}
