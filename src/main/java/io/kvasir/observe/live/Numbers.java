package io.kvasir.observe.live;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Writes numbers and names as the page wants them: short, and null for what is not known. */
final class Numbers {
    private static final double THOUSANDTHS = 1_000;
    private static final int LONGEST = 128;

    private Numbers() {}

    /** With three digits behind the point. */
    static void write(JsonGenerator json, double number) throws IOException {
        if (!Double.isFinite(number)) {
            json.writeNull();
            return;
        }
        double rounded = Math.rint(number * THOUSANDTHS) / THOUSANDTHS;
        if (rounded == Math.rint(rounded) && Math.abs(rounded) < Long.MAX_VALUE) {
            json.writeNumber((long) rounded);
        } else {
            json.writeNumber(rounded);
        }
    }

    /** A member with three digits behind the point. */
    static void write(JsonGenerator json, String name, double number) throws IOException {
        json.writeFieldName(name);
        write(json, number);
    }

    /** A member of seconds, with six digits behind the point. */
    static void seconds(JsonGenerator json, String name, double seconds) throws IOException {
        json.writeFieldName(name);
        if (Double.isFinite(seconds)) {
            json.writeNumber(Math.rint(seconds * 1e6) / 1e6);
        } else {
            json.writeNull();
        }
    }

    /** A member of text, cut at {@value #LONGEST} characters; none for null. */
    static void text(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.length() > LONGEST ? value.substring(0, LONGEST) : value);
        }
    }
}
