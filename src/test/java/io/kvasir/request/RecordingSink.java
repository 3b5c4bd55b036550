package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** Writes down what it is told, in a form that does not depend on how text was cut, and checks the nesting. */
final class RecordingSink implements PromptSink {
    private final List<String> prompt = new ArrayList<>();
    private final List<String> preamble = new ArrayList<>();
    private final Deque<Part> open = new ArrayDeque<>();
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    int restarts;

    @Override
    public void begin(Part part) {
        flush();
        open.push(part);
        if (!anywhere(part)) {
            prompt.add("<" + part);
        }
    }

    @Override
    public void text(byte[] bytes, int offset, int length) {
        if (open.isEmpty()) {
            throw new IllegalStateException("text outside of parts");
        }
        if (length <= 0) {
            throw new IllegalStateException("an empty piece");
        }
        text.write(bytes, offset, length);
    }

    @Override
    public void token(int id) {
        flush();
        prompt.add("#" + id);
    }

    @Override
    public void end(Part part) {
        if (anywhere(part)) {
            preamble.add(text.toString(UTF_8));
            text.reset();
        } else {
            flush();
            prompt.add(part + ">");
        }
        if (open.pop() != part) {
            throw new IllegalStateException(part + " is not the innermost part");
        }
    }

    /** Whether a part means the same wherever it comes. */
    private static boolean anywhere(Part part) {
        return part == Part.PREAMBLE || part == Part.SYSTEM;
    }

    @Override
    public void restart() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("restart inside " + open);
        }
        prompt.clear();
        restarts++;
    }

    private void flush() {
        if (text.size() > 0) {
            prompt.add(text.toString(UTF_8));
            text.reset();
        }
    }

    /** What came, the preamble's parts sorted because the order of members is free. */
    List<String> record() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("still open: " + open);
        }
        var all = new ArrayList<>(preamble);
        Collections.sort(all);
        all.add("--");
        all.addAll(prompt);
        return all;
    }

    /** The prompt's calls in one line. */
    String prompt() {
        return String.join(" ", prompt);
    }

    List<String> preamble() {
        return preamble;
    }
}
