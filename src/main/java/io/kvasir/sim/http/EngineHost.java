package io.kvasir.sim.http;

import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.EngineCounts;
import io.kvasir.sim.engine.Histogram;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** An engine on its event loop: its clock, the answers it works on, and what is wrong with it. */
final class EngineHost {
    private final Engine engine;
    private final EngineGroup group;
    private final Set<Answer> answers = new LinkedHashSet<>();
    private final ArrayList<Answer> unwritten = new ArrayList<>();
    private final Histogram askedChoices = new Histogram(1, 2, 5, 10, 20);
    private final Histogram askedTokens;
    private Faults faults = Faults.NONE;
    private int sleepLevel;
    private double errorDebt;
    private long received;
    private long marked;

    EngineHost(EngineConfig config, EngineGroup group) {
        this.engine = new Engine(config.limits(), config.cost());
        this.group = group;
        this.askedTokens = new Histogram(EngineCounts.oneTwoFive(config.limits().maxModelLength()));
        group.add(this);
    }

    Engine engine() {
        return engine;
    }

    long now() {
        return group.clock().getAsLong();
    }

    /** Completes what is due and writes what it brought. */
    void step(long now) {
        engine.step(now);
        flush();
    }

    /** Puts an answer's sequences into the engine. */
    void begin(Answer answer) {
        answers.add(answer);
        askedChoices.observe(answer.request().n());
        if (answer.request().maxTokens() > 0) {
            askedTokens.observe(answer.request().maxTokens());
        }
        answer.submit(engine, now());
        flush();
        group.arm(engine.due());
    }

    /** The client of an answer is gone. */
    void abandon(Answer answer) {
        if (answers.remove(answer)) {
            answer.abort(engine, now());
            flush();
            group.arm(engine.due());
        }
    }

    void ended(Answer answer) {
        answers.remove(answer);
    }

    /** An answer has something to write once the step is over. */
    void unwritten(Answer answer) {
        unwritten.add(answer);
    }

    Set<Answer> answers() {
        return answers;
    }

    /** The {@code n} of each request. */
    Histogram askedChoices() {
        return askedChoices;
    }

    /** The output limit of each request that sets one, in tokens. */
    Histogram askedTokens() {
        return askedTokens;
    }

    Faults faults() {
        return faults;
    }

    void faults(Faults faults) {
        this.faults = faults;
        engine.slowDown(faults.size(Fault.SLOW));
        settle();
    }

    /** Whether this request is one that fails: an even spread of the error rate, without chance. */
    boolean failsNow() {
        errorDebt += faults.size(Fault.ERROR_RATE);
        if (errorDebt < 1) {
            return false;
        }
        errorDebt -= 1;
        return true;
    }

    /** A generation request has arrived; {@code marked} if it has the text that a fault waits for. */
    void received(boolean marked) {
        received++;
        if (marked) {
            this.marked++;
        }
    }

    /** Generation requests that arrived whole. */
    long received() {
        return received;
    }

    /** Those of them that had the text of a fault. */
    long marked() {
        return marked;
    }

    int sleepLevel() {
        return sleepLevel;
    }

    /** Cuts all answers short and forgets the KV cache; requests wait until {@link #wake}. */
    void sleep(int level) {
        step(now());
        for (var answer : List.copyOf(answers)) {
            answer.cutShort(engine, now());
        }
        flush();
        engine.dropCache();
        sleepLevel = level;
        settle();
    }

    void wake() {
        sleepLevel = 0;
        settle();
    }

    private void settle() {
        if (faults.is(Fault.STUCK) || sleepLevel > 0) {
            step(now());
            engine.suspend();
        } else {
            engine.resume(now());
            group.arm(engine.due());
        }
    }

    void close() {
        group.remove(this);
    }

    private void flush() {
        for (int i = 0; i < unwritten.size(); i++) {
            unwritten.get(i).write();
        }
        unwritten.clear();
    }
}
