package io.kvasir.request;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Where models are named in a JSON object: {@code model}, and in answers also {@code response.model} (the events of the
 * Responses API) and {@code message.model} (Anthropic's {@code message_start}). Other text, above all what was generated,
 * names no model, whatever it says.
 */
final class ModelPlaces implements JsonEvents {
    /** What is told of the strings in these places. */
    interface Sink {
        /** A name starts at {@link JsonLexer#position}. */
        void nameStarts();

        /** The name ended before {@link JsonLexer#position}; it is {@link JsonLexer#captured}. */
        void nameEnded();
    }

    private static final byte[] MODEL = "model".getBytes(US_ASCII);
    private static final byte[][] HOLDERS = {"response".getBytes(US_ASCII), "message".getBytes(US_ASCII)};

    private final Sink sink;
    private final boolean answers;
    private int level;
    private boolean model;
    private boolean holder;
    private boolean inName;

    /** @param answers whether the places of answers count too */
    ModelPlaces(Sink sink, boolean answers) {
        this.sink = sink;
        this.answers = answers;
    }

    void reset() {
        level = 0;
        inName = false;
    }

    /** Whether no object is open. */
    boolean outside() {
        return level == 0;
    }

    @Override
    public int begin(int kind) {
        if (kind == OBJECT && (level == 0 || holder)) {
            level++;
            holder = false;
            return ENTER;
        }
        if (kind == STRING && model) {
            inName = true;
            sink.nameStarts();
            return CAPTURE;
        }
        return SKIP;
    }

    @Override
    public void name(byte[] bytes, int length) {
        model = is(MODEL, bytes, length);
        holder = answers && level == 1 && (is(HOLDERS[0], bytes, length) || is(HOLDERS[1], bytes, length));
    }

    private static boolean is(byte[] name, byte[] bytes, int length) {
        return length == name.length && Arrays.equals(name, 0, length, bytes, 0, length);
    }

    @Override
    public void end(int kind) {
        if (inName) {
            inName = false;
            sink.nameEnded();
        }
    }

    @Override
    public void leave() {
        level--;
    }

    @Override
    public void piece(byte[] bytes, int offset, int length) {
        throw new IllegalStateException("nothing is asked for in pieces");
    }

    @Override
    public void integer(int value) {
        throw new IllegalStateException("no arrays are entered");
    }
}
