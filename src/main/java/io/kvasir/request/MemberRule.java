package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/** What the value of a known member is to {@link PromptReader}. */
sealed interface MemberRule {

    /** A field to note. */
    record Noted(BodyField field) implements MemberRule {}

    /** An object whose members are looked at in their turn; it is noted itself where it is a field. */
    record Nested(MemberTable members, @Nullable BodyField field) implements MemberRule {}

    /**
     * A list of chat messages.
     *
     * @param bareIsUser whether a bare string stands for one message of the user; else for one prompt
     */
    record Messages(boolean bareIsUser) implements MemberRule {}

    /** The system prompt kept apart from the messages: a string or a list of text blocks. */
    record SystemPrompt() implements MemberRule {}

    /** Text of a block of a list that makes up one part together. */
    record BlockText() implements MemberRule {}

    /** A list of tools, which come before all messages as JSON. */
    record Tools() implements MemberRule {}

    /** A member of a tool that is not told as it stands. */
    enum ToolMember implements MemberRule {
        /** Engines drop it before templates see the tool. */
        DROPPED,
        /** The tool's members stand in it. */
        FUNCTION,
        /** The tool's parameters under another name. */
        SCHEMA
    }

    /** A prompt: a string, token ids, or a list of either. */
    record Prompts() implements MemberRule {}

    /** Texts to be compared, only counted: a string, or a list of strings and of objects that hold one. */
    record Inputs() implements MemberRule {}

    /** The content of a message, or of a part of it: a string, a list of content parts, or one of them. */
    record Content() implements MemberRule {}

    /** A string of the prompt. */
    record Text(PromptSink.Part part) implements MemberRule {}

    /** A value of any type that is part of the prompt as raw JSON; null is none. */
    record Raw(PromptSink.Part part) implements MemberRule {}
}
