package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is wrong with an engine.
 *
 * @param slow factor on every step's time, 1 for none
 * @param stuck accepts requests and never computes
 * @param refuse refuses connections
 * @param dieAfterTokens resets the connection of an answer after so many tokens; -1 for never
 * @param errorStatus status of failed requests, 400 to 599
 * @param errorRate share of generation requests that fail with it, 0 to 1
 * @param staleMetrics freezes the metrics page
 * @param wrongContentLength promises more bytes than unstreamed answers have, and closes
 */
public record Faults(
        double slow,
        boolean stuck,
        boolean refuse,
        int dieAfterTokens,
        int errorStatus,
        double errorRate,
        boolean staleMetrics,
        boolean wrongContentLength) {
    /** Nothing wrong. */
    public static final Faults NONE = new Faults(1, false, false, -1, 500, 0, false, false);

    private static final Set<String> NUMBERS = Set.of("slow", "dieAfterTokens", "errorStatus", "errorRate");
    private static final Set<String> FLAGS = Set.of("stuck", "refuse", "staleMetrics", "wrongContentLength");

    /** Checks ranges. */
    public Faults {
        if (!(slow > 0 && slow <= 1e6)) {
            throw new IllegalArgumentException("slow must be above 0 and at most 1000000, got " + slow);
        }
        if (errorStatus < 400 || errorStatus > 599) {
            throw new IllegalArgumentException("errorStatus must be from 400 to 599, got " + errorStatus);
        }
        if (!(errorRate >= 0 && errorRate <= 1)) {
            throw new IllegalArgumentException("errorRate must be from 0 to 1, got " + errorRate);
        }
    }

    /** These faults slowed by {@code factor}. */
    public Faults withSlow(double factor) {
        return new Faults(
                factor, stuck, refuse, dieAfterTokens, errorStatus, errorRate, staleMetrics, wrongContentLength);
    }

    /** An engine that accepts and never answers. */
    public static Faults hanging() {
        return new Faults(1, true, false, -1, 500, 0, false, false);
    }

    /** An engine that refuses connections. */
    public static Faults refusing() {
        return new Faults(1, false, true, -1, 500, 0, false, false);
    }

    /** An engine that resets every answer's connection after {@code tokens}. */
    public static Faults dyingAfter(int tokens) {
        return new Faults(1, false, false, tokens, 500, 0, false, false);
    }

    /** An engine that fails the given share of requests with {@code status}. */
    public static Faults failing(int status, double rate) {
        return new Faults(1, false, false, -1, status, rate, false, false);
    }

    /** An engine whose metrics page does not change any more. */
    public static Faults frozenMetrics() {
        return new Faults(1, false, false, -1, 500, 0, true, false);
    }

    /** An engine that promises more bytes than it sends. */
    public static Faults lyingAboutLength() {
        return new Faults(1, false, false, -1, 500, 0, false, true);
    }

    /**
     * Reads the JSON form, an object of this record's names; what it does not name is not wrong.
     *
     * @throws IllegalArgumentException naming an unknown key or a value out of range
     */
    static Faults of(JsonNode json) {
        json.properties().forEach(e -> {
            var key = e.getKey();
            if (NUMBERS.contains(key) && !e.getValue().isNumber()) {
                throw new IllegalArgumentException("fault " + key + " must be a number, got " + e.getValue());
            }
            if (FLAGS.contains(key) && !e.getValue().isBoolean()) {
                throw new IllegalArgumentException("fault " + key + " must be true or false, got " + e.getValue());
            }
            if (!NUMBERS.contains(key) && !FLAGS.contains(key)) {
                throw new IllegalArgumentException("fault " + key + " is unknown; allowed: "
                        + Stream.concat(NUMBERS.stream(), FLAGS.stream())
                                .sorted()
                                .collect(Collectors.joining(", ")));
            }
        });
        return new Faults(
                json.path("slow").asDouble(1),
                json.path("stuck").asBoolean(false),
                json.path("refuse").asBoolean(false),
                json.path("dieAfterTokens").asInt(-1),
                json.path("errorStatus").asInt(500),
                json.path("errorRate").asDouble(0),
                json.path("staleMetrics").asBoolean(false),
                json.path("wrongContentLength").asBoolean(false));
    }
}
