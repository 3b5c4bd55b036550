package io.kvasir.request;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.request.MemberRule.ToolMember;
import io.kvasir.request.PromptSink.Part;

/**
 * Tells a list of tools as one preamble part: JSON without white space around tools and their members, the same whatever
 * dialect the tools come in. Engines make one form of them before templates see any: what OpenAI's chat keeps in {@code
 * function} stands for the tool itself, Anthropic's {@code input_schema} is {@code parameters}, and {@code type}, {@code
 * strict} and marks for a cache are no part of it.
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

    private static final byte[] FUNCTION = "function".getBytes(US_ASCII);
    private static final byte[] PARAMETERS = "parameters".getBytes(US_ASCII);

    private final PromptSize size;
    private PromptSink sink = PromptSink.NONE;
    /** Whether something of the same list or object came before. */
    private boolean separate;

    private boolean memberDropped;
    /** Whether the member last begun is {@code function}, of which nothing was told yet. */
    private boolean function;
    /** Whether the members told now are those of {@code function}. */
    private boolean inside;

    ToolsJson(PromptSize size) {
        this.size = size;
    }

    void reset(PromptSink newSink) {
        sink = newSink;
        separate = false;
        memberDropped = false;
        function = false;
        inside = false;
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
        var rule = DialectMembers.TOOL_MEMBERS.find(name, length);
        memberDropped = rule == ToolMember.DROPPED;
        function = rule == ToolMember.FUNCTION && !inside;
        if (rule == ToolMember.SCHEMA) {
            tellName(PARAMETERS, PARAMETERS.length);
        } else if (!memberDropped && !function) {
            tellName(name, length);
        }
    }

    private void tellName(byte[] name, int length) {
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

    /** The value of the member last begun: what {@link JsonEvents#begin} is to answer. */
    int value(int kind) {
        if (memberDropped) {
            return JsonEvents.SKIP;
        }
        if (function && kind == JsonEvents.OBJECT) {
            inside = true;
            return JsonEvents.ENTER;
        }
        if (function) {
            tellName(FUNCTION, FUNCTION.length);
        }
        return JsonEvents.RAW;
    }

    /** The object that {@link #element} or {@link #value} had entered ends. */
    void endElement() {
        if (inside) {
            inside = false;
            return;
        }
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
