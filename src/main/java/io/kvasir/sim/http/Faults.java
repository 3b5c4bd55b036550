package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/** What is wrong with an engine: values of {@link Fault}s. Immutable. */
public final class Faults {
    /** Nothing wrong. */
    public static final Faults NONE = new Faults(new EnumMap<>(Fault.class));

    private final Map<Fault, Object> values;

    private Faults(Map<Fault, Object> values) {
        this.values = values;
    }

    /** These and a fault that is either there or not. */
    public Faults with(Fault fault) {
        return set(fault, true);
    }

    /**
     * These and a fault of that size.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Faults with(Fault fault, double size) {
        return set(fault, size);
    }

    /** These and a fault that a text brings about. */
    public Faults with(Fault fault, String text) {
        return set(fault, text);
    }

    private Faults set(Fault fault, Object value) {
        var more = new EnumMap<>(values);
        more.put(fault, fault.checked(value));
        return new Faults(more);
    }

    private Object value(Fault fault) {
        return values.getOrDefault(fault, fault.usual());
    }

    /** Whether that is wrong. */
    boolean is(Fault fault) {
        return Boolean.TRUE.equals(value(fault));
    }

    /** How much it is. */
    double size(Fault fault) {
        return value(fault) instanceof Double number ? number : 0;
    }

    /** {@link #size} of what is counted. */
    int count(Fault fault) {
        return (int) size(fault);
    }

    /** Whether the body has the text that brings it about. */
    boolean broughtBy(Fault fault, byte[] body) {
        return value(fault) instanceof String text
                && !text.isEmpty()
                && new String(body, StandardCharsets.UTF_8).contains(text);
    }

    /** An engine that refuses connections. */
    public static Faults refusing() {
        return NONE.with(Fault.REFUSE);
    }

    /** An engine that fails the given share of requests with {@code status}. */
    public static Faults failing(int status, double rate) {
        return NONE.with(Fault.ERROR_STATUS, status).with(Fault.ERROR_RATE, rate);
    }

    /**
     * Reads the JSON form, an object of {@link Fault#key keys}; what it does not name is not wrong.
     *
     * @throws IllegalArgumentException naming an unknown key, a value out of range, or that it is no JSON object
     */
    public static Faults parse(String json) {
        try {
            return of(Json.object(json.getBytes(StandardCharsets.UTF_8)));
        } catch (EngineError e) {
            throw new IllegalArgumentException("faults: " + json + " is no JSON object: " + e.getMessage(), e);
        }
    }

    /** As {@link #parse}. */
    static Faults of(JsonNode json) {
        var faults = NONE;
        for (var entry : json.properties()) {
            var given = entry.getValue();
            Object value = given.isNumber()
                    ? given.asDouble()
                    : given.isBoolean() ? given.asBoolean() : given.isTextual() ? given.asText() : given;
            faults = faults.set(Fault.of(entry.getKey()), value);
        }
        return faults;
    }

    /** The JSON form, with every key. */
    String json() {
        var out = new StringBuilder("{");
        for (var fault : Fault.values()) {
            out.append(out.length() == 1 ? "" : ",")
                    .append(Json.quote(fault.key()))
                    .append(':');
            out.append(
                    switch (value(fault)) {
                        case String text -> Json.quote(text);
                        case Double number when number == Math.rint(number) -> String.valueOf(number.longValue());
                        case Object other -> other.toString();
                    });
        }
        return out.append('}').toString();
    }
}
