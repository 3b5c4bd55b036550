package io.kvasir.route;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * How long answers are in one session or for one tenant. Their names are the clients', so the table has a fixed size: a
 * name has eight places, and a new one takes that of the name with the least evidence, but never of one that has enough
 * and was seen lately. Names that are made up are seen once each and displace only each other. Safe for any thread; of
 * updates that race one may be lost.
 */
final class AnswerHabits {
    /** Answers after which a mean is worth more than the model's. */
    static final int ENOUGH = 4;

    /** How long a name with enough evidence keeps its place without an answer. */
    static final long KEPT_NANOS = 600_000_000_000L;

    /** Characters of a name beyond which it is not followed. */
    static final int LONGEST_NAME = 256;

    private static final int WAYS = 8;
    private static final int SETS = 1024;
    private static final double NEW_SHARE = 0.1;

    /** Whose answers. */
    enum Whose {
        SESSION,
        TENANT
    }

    private record Habit(
            Whose whose, @Nullable String scope, String name, String model, double mean, int samples, long seenNanos) {
        boolean of(Whose other, @Nullable String otherScope, String otherName, String otherModel) {
            return whose == other
                    && name.equals(otherName)
                    && model.equals(otherModel)
                    && Objects.equals(scope, otherScope);
        }

        boolean enough() {
            return samples >= ENOUGH;
        }

        Habit and(double sample, long nowNanos) {
            double share = Math.max(NEW_SHARE, 1.0 / (samples + 1));
            return new Habit(
                    whose,
                    scope,
                    name,
                    model,
                    mean + share * (sample - mean),
                    Math.min(samples, 1 << 20) + 1,
                    nowNanos);
        }
    }

    private final AtomicReferenceArray<@Nullable Habit> habits = new AtomicReferenceArray<>(SETS * WAYS);

    private static int set(Whose whose, @Nullable String scope, String name, String model) {
        int hash = (name.hashCode() * 31 + model.hashCode()) * 31 + (whose == Whose.SESSION ? 1 : 2);
        hash += 7 * Objects.hashCode(scope);
        hash *= 0x9E3779B9;
        return (hash >>> 22 & SETS - 1) * WAYS;
    }

    /**
     * Tokens of a usual answer; NaN without enough evidence.
     *
     * @param scope whose name it is, which its owner cannot make up; null where nobody says
     */
    double mean(Whose whose, @Nullable String scope, @Nullable String name, String model) {
        if (name == null || name.length() > LONGEST_NAME) {
            return Double.NaN;
        }
        int set = set(whose, scope, name, model);
        for (int i = set; i < set + WAYS; i++) {
            var habit = habits.get(i);
            if (habit != null && habit.of(whose, scope, name, model)) {
                return habit.enough() ? habit.mean : Double.NaN;
            }
        }
        return Double.NaN;
    }

    /** An answer had so many tokens; see {@link #mean}. */
    void seen(Whose whose, @Nullable String scope, @Nullable String name, String model, double tokens, long nowNanos) {
        if (name == null || name.length() > LONGEST_NAME) {
            return;
        }
        int set = set(whose, scope, name, model);
        int weakest = -1;
        Habit displaced = null;
        for (int i = set; i < set + WAYS; i++) {
            var habit = habits.get(i);
            if (habit != null && habit.of(whose, scope, name, model)) {
                habits.compareAndSet(i, habit, habit.and(tokens, nowNanos));
                return;
            }
            boolean free = habit == null || !habit.enough() || nowNanos - habit.seenNanos > KEPT_NANOS;
            if (free && (weakest < 0 || weaker(habit, displaced))) {
                weakest = i;
                displaced = habit;
            }
        }
        if (weakest >= 0) {
            habits.compareAndSet(weakest, displaced, new Habit(whose, scope, name, model, tokens, 1, nowNanos));
        }
    }

    private static boolean weaker(@Nullable Habit one, @Nullable Habit other) {
        if (one == null || other == null) {
            return one == null && other != null;
        }
        return one.samples != other.samples ? one.samples < other.samples : one.seenNanos - other.seenNanos < 0;
    }
}
