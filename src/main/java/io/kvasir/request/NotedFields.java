package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The fields of the body being read: their last values and where those stand. */
final class NotedFields {
    private static final long ABSENT = Long.MIN_VALUE;

    private final @Nullable String[] strings = new @Nullable String[BodyField.count()];
    private final long[] numbers = new long[BodyField.count()];
    private final long[] starts = new long[BodyField.count()];
    private final long[] ends = new long[BodyField.count()];
    /** One bit for each field whose value is an object that was entered. */
    private long objects;
    /** One bit for each of those that has members. */
    private long filled;

    NotedFields() {
        reset();
    }

    void reset() {
        Arrays.fill(strings, null);
        Arrays.fill(numbers, ABSENT);
        Arrays.fill(starts, -1);
        Arrays.fill(ends, -1);
        objects = 0;
        filled = 0;
    }

    void clear(BodyField field) {
        int i = field.index();
        strings[i] = null;
        numbers[i] = ABSENT;
        starts[i] = -1;
        ends[i] = -1;
        objects &= ~bit(field);
        filled &= ~bit(field);
    }

    void start(BodyField field, long offset) {
        starts[field.index()] = offset;
    }

    private static long bit(BodyField field) {
        return 1L << field.index();
    }

    /** The field's value is an object, whose members are told. */
    void object(BodyField field) {
        objects |= bit(field);
    }

    /** A member of the field's object. */
    void member(BodyField field) {
        filled |= bit(field);
    }

    private long start(BodyField field) {
        return starts[field.index()];
    }

    void end(BodyField field, long offset) {
        ends[field.index()] = offset;
    }

    private void string(BodyField field, byte[] bytes, int length) {
        strings[field.index()] = new String(bytes, 0, length, UTF_8);
    }

    private void number(BodyField field, long value) {
        numbers[field.index()] = Math.max(value, ABSENT + 1);
    }

    /** The value of a field ends, which the lexer has just read; of the wrong type it counts as absent. */
    void note(BodyField field, int kind, JsonLexer lexer, ScanLimits limits) {
        end(field, lexer.position());
        switch (field.type()) {
            case STRING -> {
                if (kind == JsonEvents.STRING) {
                    int length = lexer.capturedLength();
                    if (length < 0 || length > limits.maxFieldLength()) {
                        tooLong(field, lexer, limits);
                    } else {
                        string(field, lexer.captured(), length);
                    }
                }
            }
            case INTEGER -> {
                if (kind == JsonEvents.NUMBER && lexer.integral()) {
                    number(field, lexer.number());
                }
            }
            case BOOLEAN -> {
                if (kind == JsonEvents.TRUE || (kind == JsonEvents.NUMBER && lexer.integral() && lexer.number() == 1)) {
                    number(field, 1);
                }
            }
            case RANGE -> {}
        }
    }

    /**
     * No engine has such a model, and nobody else minds: what is too long to be kept counts as absent. But prompts of that salt
     * share nothing with those of none or of another: its hash is kept.
     */
    private void tooLong(BodyField field, JsonLexer lexer, ScanLimits limits) {
        if (field == BodyField.MODEL) {
            throw new MalformedBodyException(
                    start(field),
                    "\"" + field.memberName() + "\" is longer than " + limits.maxFieldLength() + " bytes");
        }
        if (field == BodyField.CACHE_SALT) {
            strings[field.index()] = "\0" + Long.toHexString(lexer.capturedHash());
        }
    }

    /** The field's string, null where it is absent, empty or of another type. */
    @Nullable
    String string(BodyField field) {
        String value = strings[field.index()];
        return value == null || value.isEmpty() ? null : value;
    }

    boolean has(BodyField field) {
        return numbers[field.index()] != ABSENT;
    }

    /** The field's number, moved into the range of {@code int}; {@code otherwise} where it is absent. */
    int integer(BodyField field, int otherwise) {
        return has(field) ? (int) Math.clamp(numbers[field.index()], Integer.MIN_VALUE, Integer.MAX_VALUE) : otherwise;
    }

    boolean flag(BodyField field) {
        return numbers[field.index()] == 1;
    }

    FieldRanges ranges() {
        var ranges = new long[2 * BodyField.count()];
        for (int i = 0; i < BodyField.count(); i++) {
            ranges[2 * i] = ends[i] < 0 ? -1 : starts[i];
            ranges[2 * i + 1] = ends[i];
        }
        return new FieldRanges(ranges, objects, filled);
    }
}
