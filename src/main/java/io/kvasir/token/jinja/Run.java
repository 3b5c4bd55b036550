package io.kvasir.token.jinja;

import java.util.HashMap;
import java.util.Map;

/** One rendering: what is written, the names that can be seen, and what may still be done. Used by one thread. */
final class Run {
    private static final int MOST_DEPTH = 200;
    /** Characters or members that are worked on in the time of a step. */
    private static final int SIZE_OF_STEP = 64;

    /** Names that can be seen at a place. */
    static final class Scope {
        private final Scope outer;
        private final Map<String, Object> names = new HashMap<>();

        private Scope(Scope outer) {
            this.outer = outer;
        }

        Scope() {
            outer = this;
        }

        Scope inner() {
            return new Scope(this);
        }

        void set(String name, Object value) {
            names.put(name, value);
        }

        Object get(String name) {
            Scope at = this;
            while (true) {
                var value = at.names.get(name);
                if (value != null) {
                    return value;
                }
                if (at.outer == at) {
                    return Nothing.UNDEFINED;
                }
                at = at.outer;
            }
        }
    }

    private final int most;
    private StringBuilder out;
    private long steps;
    private int depth;

    /**
     * @param most characters that may be written
     * @param expected characters that there is room for at once
     * @param steps that may be taken
     */
    Run(int most, int expected, long steps) {
        this.most = most;
        out = new StringBuilder(expected);
        this.steps = steps;
    }

    void write(String text) {
        if (out.length() + text.length() > most) {
            throw new TemplateException("the prompt becomes longer than " + most + " characters");
        }
        out.append(text);
    }

    void step() {
        steps(1);
    }

    private void steps(long some) {
        steps -= some;
        if (steps < 0) {
            throw new TemplateException("the template takes too many steps");
        }
    }

    /** Something is made of that value, or the value was made: what is longer takes more steps, and none is too long. */
    Object worked(Object value) {
        long size = switch (value) {
            case String s -> s.length();
            case java.util.Collection<?> some -> some.size();
            case Map<?, ?> map -> map.size();
            default -> 0;
        };
        room(size);
        steps(size / SIZE_OF_STEP);
        return value;
    }

    /** Whether something of that length may be made. */
    void room(long length) {
        if (length > most) {
            throw new TemplateException("something becomes longer than " + most);
        }
    }

    /** Characters that may be written at most. */
    int most() {
        return most;
    }

    void enter() {
        if (++depth > MOST_DEPTH) {
            throw new TemplateException("macros call each other too deep");
        }
    }

    void leave() {
        depth--;
    }

    /** What that writes, which goes nowhere else. */
    String captured(Runnable body) {
        var outer = out;
        var inner = new StringBuilder();
        out = inner;
        try {
            body.run();
        } finally {
            out = outer;
        }
        return inner.toString();
    }

    String written() {
        return out.toString();
    }
}
