package io.kvasir.request;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where the values of the noted fields stand in a body. Immutable. */
public final class FieldRanges {
    /** Of a body in which no field was found. */
    public static final FieldRanges NONE = new FieldRanges(none(), 0, 0);

    /** Start and end by {@link BodyField#index}, -1 where absent. */
    private final long[] bounds;

    private final long objects;
    private final long filled;

    /**
     * @param bounds start and end by {@link BodyField#index}, -1 where absent
     * @param objects one bit by index for each whose members were read
     * @param filled the same for those that have any
     */
    FieldRanges(long[] bounds, long objects, long filled) {
        this.bounds = bounds;
        this.objects = objects;
        this.filled = filled;
    }

    /** Of a body in which only the model was found; null for none. */
    static FieldRanges ofModel(@Nullable ByteRange range) {
        if (range == null) {
            return NONE;
        }
        long[] bounds = none();
        int i = 2 * BodyField.MODEL.index();
        bounds[i] = range.start();
        bounds[i + 1] = range.end();
        return new FieldRanges(bounds, 0, 0);
    }

    private static long[] none() {
        var bounds = new long[2 * BodyField.count()];
        Arrays.fill(bounds, -1);
        return bounds;
    }

    /**
     * The value of a field as it stands in the body, quotes included, whatever its JSON type; of duplicates the last.
     * Null where the body has no such member.
     */
    public @Nullable ByteRange of(BodyField field) {
        int i = 2 * field.index();
        return bounds[i] < 0 ? null : new ByteRange(bounds[i], bounds[i + 1]);
    }

    /**
     * Whether the value that counts is an object whose members are looked at: its inside begins behind the first byte of
     * {@link #of}.
     */
    boolean isObject(BodyField field) {
        return of(field) != null && (objects >> field.index() & 1) != 0;
    }

    /** Whether that object has members. */
    boolean hasMembers(BodyField field) {
        return (filled >> field.index() & 1) != 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldRanges ranges
                && objects == ranges.objects
                && filled == ranges.filled
                && Arrays.equals(bounds, ranges.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }

    @Override
    public String toString() {
        var text = new StringBuilder("FieldRanges[");
        for (BodyField field : BodyField.values()) {
            ByteRange range = of(field);
            if (range != null) {
                text.append(field)
                        .append('=')
                        .append(range.start())
                        .append('-')
                        .append(range.end())
                        .append(' ');
            }
        }
        return text.append(']').toString();
    }
}
