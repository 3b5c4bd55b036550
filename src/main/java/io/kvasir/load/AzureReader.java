package io.kvasir.load;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Reads traces of times and lengths: a heading, then {@code milliseconds,context_tokens,generated_tokens} a line, plain or
 * compressed with gzip. Such a trace says nothing of what prompts have in common, so they are given nothing.
 */
public final class AzureReader {
    private static final String HEADING = "milliseconds,context_tokens,generated_tokens";

    /** Above any id of another trace. */
    private static final long FIRST_BLOCK = 1L << 42;

    private AzureReader() {}

    /**
     * Reads a trace.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException naming file, line and what is wrong
     */
    public static Trace read(Path file) throws IOException {
        var requests = new ArrayList<TraceRequest>();
        try (var lines = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            if (!HEADING.equals(lines.readLine())) {
                throw new IllegalArgumentException(file + ":1: not the heading " + HEADING);
            }
            long block = FIRST_BLOCK;
            int number = 1;
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                long[] values = values(line, file + ":" + number);
                if (!requests.isEmpty() && values[0] < requests.getLast().timestampMillis()) {
                    throw new IllegalArgumentException(file + ":" + number + ": time goes back");
                }
                long[] blocks = new long[Math.ceilDiv((int) values[1], TraceRequest.BLOCK_TOKENS)];
                for (int i = 0; i < blocks.length; i++) {
                    blocks[i] = block++;
                }
                requests.add(new TraceRequest(values[0], (int) values[1], (int) values[2], blocks));
            }
        }
        return new Trace(requests);
    }

    private static InputStream open(Path file) throws IOException {
        var in = new BufferedInputStream(Files.newInputStream(file));
        return file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
    }

    private static long[] values(String line, String where) {
        try {
            long[] values = Arrays.stream(line.split(",", -1))
                    .mapToLong(Long::parseLong)
                    .toArray();
            if (values.length == 3 && values[0] >= 0 && whole(values[1]) && whole(values[2])) {
                return values;
            }
        } catch (NumberFormatException e) {
            // reported below with what is wanted
        }
        throw new IllegalArgumentException(where + ": not three whole numbers: " + HEADING);
    }

    private static boolean whole(long tokens) {
        return tokens >= 1 && tokens <= 10_000_000;
    }
}
