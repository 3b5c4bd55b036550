package io.kvasir;

import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;

/**
 * Runs operations of a class from several threads in many of their interleavings: each outcome has to be one that the same
 * operations have one after another. Random scenarios, the same in each run; {@code -Dinterleavings.times=20} tries twenty
 * times as many.
 */
public final class Interleavings {
    private static final int SCENARIOS = 6;
    private static final int INTERLEAVINGS = 250;

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

    /** The same for what ends once: nothing is done to it before the threads meet. */
    public static void checkFromTheStart(Class<?> operations) {
        options(SCENARIOS)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(0)
                .actorsAfter(1)
                .check(operations);
    }

    /**
     * The same where methods of a class are known to run alone: what can come between is looked for around them only, and
     * so more of it.
     */
    public static void check(Class<?> operations, Class<?> atomic) {
        options(SCENARIOS)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(2)
                .addGuarantee(atomic(atomic))
                .check(operations);
    }

    /** One scenario, that chance would seldom make, with far more of its interleavings. */
    public static void check(Class<?> operations, ExecutionScenario scenario, Class<?>... atomic) {
        options(0)
                .invocationsPerIteration(12 * INTERLEAVINGS)
                .addCustomScenario(scenario)
                .addGuarantee(atomic(atomic))
                .check(operations);
    }

    private static ManagedStrategyGuarantee atomic(Class<?>... classes) {
        return ManagedStrategyGuaranteeKt.forClasses(
                        Stream.of(classes).map(Class::getName).toArray(String[]::new))
                .allMethods()
                .treatAsAtomic();
    }

    /** Two threads with these operations, and what is looked at after. */
    public static ExecutionScenario scenario(List<Actor> one, List<Actor> other, Actor after) {
        return new ExecutionScenario(List.of(), List.of(one, other), List.of(after), null);
    }

    /** An operation of that name. */
    public static Actor operation(Class<?> operations, String name, Object... arguments) {
        var method = Stream.of(operations.getMethods())
                .filter(one -> one.getName().equals(name))
                .findFirst()
                .orElseThrow();
        return new Actor(method, List.of(arguments));
    }

    /**
     * Only what the class validates at the end counts. What can come between is looked for in the methods of some classes;
     * all others of the program are taken to happen at once.
     */
    public static void checkWhatIsLeft(Class<?> operations, Class<?>... looked) {
        var names = Stream.concat(Stream.of(operations), Stream.of(looked))
                .map(Class::getName)
                .toList();
        options(SCENARIOS)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(0)
                .actorsAfter(0)
                .verifier(EpsilonVerifier.class)
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(
                                (String name) -> name.startsWith("io.kvasir.") && !names.contains(name))
                        .allMethods()
                        .treatAsAtomic())
                .check(operations);
    }

    private static ModelCheckingOptions options(int scenarios) {
        return new ModelCheckingOptions()
                .iterations(scenarios * Integer.getInteger("interleavings.times", 1))
                .invocationsPerIteration(INTERLEAVINGS);
    }
}
