package io.kvasir.request;

import io.kvasir.request.PromptSink.Part;

/**
 * Tells a list of tools as one preamble part: JSON without {@code cache_control} of a tool, which engines drop before
 * templates see it, and without white space around tools and their members.
 */
final class ToolsJson {
    private static final byte[] PUNCTUATION = {'[', ']', '{', '}', ',', '"', ':'};
    private static final int LIST = 0;
    private static final int LIST_END = 1;
    private static final int OBJECT = 2;
    private static final int OBJECT_END = 3;
    private static final int COMMA = 4;
    private static final int QUOTE = 5;
    private static final int COLON = 6;

    private final PromptSize size;
    private PromptSink sink = PromptSink.NONE;
    /** Whether something of the same list or object came before. */
    private boolean separate;

    private boolean memberDropped;

    ToolsJson(PromptSize size) {
        this.size = size;
    }

    void reset(PromptSink newSink) {
        sink = newSink;
        separate = false;
        memberDropped = false;
    }

    void begin() {
        sink.begin(Part.PREAMBLE);
        put(LIST);
        separate = false;
    }

    /** An element begins; whether it is an object, whose members are told one by one. */
    boolean element(boolean object) {
        if (separate) {
            put(COMMA);
        }
        separate = !object;
        if (object) {
            put(OBJECT);
        }
        return object;
    }

    /** A member of an element begins. */
    void member(byte[] name, int length) {
        memberDropped = DialectMembers.DROPPED_OF_TOOL.find(name, length) != null;
        if (memberDropped) {
            return;
        }
        if (separate) {
            put(COMMA);
        }
        separate = true;
        put(QUOTE);
        if (length > 0) {
            size.preamble(length);
            sink.text(name, 0, length);
        }
        put(QUOTE);
        put(COLON);
    }

    /** Whether the member last begun is to be passed over. */
    boolean memberDropped() {
        return memberDropped;
    }

    /** The object that {@link #element} began ends. */
    void endElement() {
        put(OBJECT_END);
        separate = true;
    }

    void end() {
        put(LIST_END);
        sink.end(Part.PREAMBLE);
    }

    private void put(int punctuation) {
        size.preamble(1);
        sink.text(PUNCTUATION, punctuation, 1);
    }
}
