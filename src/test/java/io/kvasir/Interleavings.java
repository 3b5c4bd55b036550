package io.kvasir;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * Runs operations of a class from several threads in many of their interleavings: each outcome has to be one that the same
 * operations have one after another. Random scenarios, the same in each run; {@code -Dinterleavings.times=20} tries twenty
 * times as many.
 */
public final class Interleavings {
    private static final int SCENARIOS = 12;
    private static final int INTERLEAVINGS = 400;

    private Interleavings() {}

    /** Two threads of three operations each, with what was done before and is looked at after. */
    public static void check(Class<?> operations) {
        options(SCENARIOS)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(3)
                .actorsAfter(2)
                .check(operations);
    }

    private static ModelCheckingOptions options(int scenarios) {
        return new ModelCheckingOptions()
                .iterations(scenarios * Integer.getInteger("interleavings.times", 1))
                .invocationsPerIteration(INTERLEAVINGS);
    }
}
