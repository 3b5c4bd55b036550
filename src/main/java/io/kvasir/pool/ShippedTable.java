package io.kvasir.pool;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.List;

/** Text files of data on the class path: lines of words; empty ones and those that begin with {@code #} say nothing. */
public final class ShippedTable {
    private ShippedTable() {}

    /**
     * All lines of a file, stripped.
     *
     * @param name such as {@code hardware-catalogue.txt}
     * @throws IllegalStateException if it is not there
     */
    public static List<String> lines(String name) {
        try (var in = ShippedTable.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return new BufferedReader(new InputStreamReader(in, UTF_8))
                    .lines()
                    .map(String::strip)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a line has words. */
    public static boolean says(String line) {
        return !line.isEmpty() && !line.startsWith("#");
    }
}
