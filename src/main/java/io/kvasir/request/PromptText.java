package io.kvasir.request;

import io.kvasir.request.PromptSink.Part;
import org.jspecify.annotations.Nullable;

/** Passes the content of prompts on to its sink while it is read, and measures it. */
final class PromptText {
    private static final byte[] USER = {'u', 's', 'e', 'r'};

    private final PromptSize size = new PromptSize();
    private final DroppedBlock dropped = new DroppedBlock();

    private PromptSink sink;
    /** The part that the value being read belongs to. */
    private @Nullable Part open;

    /** Whether {@link #open} is the text of a message made of a bare string. */
    private boolean bareMessage;
    /** Whether engines drop accounting blocks of this dialect. */
    private boolean anthropic;
    /** Whether token ids that stand directly in a list of prompts have opened one. */
    private boolean tokenRun;

    /** Whether the value being read is counted only: of what is compared in pairs no part is a prefix. */
    private boolean counting;

    private boolean hasPrompt;

    PromptText(PromptSink sink) {
        this.sink = sink;
    }

    void reset(Dialect dialect, PromptSink newSink) {
        sink = newSink;
        size.reset();
        dropped.reset();
        open = null;
        bareMessage = false;
        anthropic = dialect == Dialect.MESSAGES;
        counting = false;
        hasPrompt = false;
    }

    PromptSize size() {
        return size;
    }

    /** Of two prompts in one body the engines take the last. */
    void replacePrompt() {
        if (hasPrompt) {
            sink.restart();
            size.restart();
        }
        hasPrompt = true;
    }

    /** The value that begins is that part, of which the content comes as pieces. */
    void begin(Part part) {
        if (part == Part.MEDIA) {
            size.media();
        } else if (part == Part.TEXT) {
            dropped.begin(anthropic && dropped.inSystemMessage());
        }
        open = part;
        sink.begin(part);
    }

    /** The value that begins is only counted, as a prompt. */
    void beginCounted() {
        size.prompt();
        counting = true;
    }

    void beginMessage() {
        size.message();
        dropped.message();
        sink.begin(Part.MESSAGE);
    }

    void endMessage() {
        sink.end(Part.MESSAGE);
    }

    /** The string that begins is one message of the user. */
    void beginBareMessage() {
        size.prompt();
        beginMessage();
        sink.begin(Part.ROLE);
        size.content(USER.length);
        sink.text(USER, 0, USER.length);
        sink.end(Part.ROLE);
        bareMessage = true;
        begin(Part.TEXT);
    }

    /** A system prompt begins that is a list of blocks. */
    void beginSystem() {
        sink.begin(Part.SYSTEM);
    }

    void endSystem() {
        sink.end(Part.SYSTEM);
    }

    /** The text of a block of a system prompt begins, or something that is none. */
    void beginBlock(boolean string) {
        dropped.begin(anthropic && string);
    }

    /** What may be a list of prompts begins. */
    void beginPrompts(boolean list) {
        tokenRun = false;
        if (list) {
            size.list();
        }
    }

    void endPrompts() {
        if (tokenRun) {
            tokenRun = false;
            sink.end(Part.PROMPT);
        }
    }

    /** A token id that stands directly in a list of prompts: those in a row are one. */
    void beginTokenRun() {
        if (!tokenRun) {
            beginTokens();
            size.tokenRun();
            tokenRun = true;
        }
    }

    /** A prompt of token ids begins. */
    void beginTokens() {
        size.prompt();
        sink.begin(Part.PROMPT);
    }

    void endTokens() {
        sink.end(Part.PROMPT);
    }

    void token(int value) {
        size.token(value);
        sink.token(value);
    }

    /** @param systemBlock whether the piece is of a block of the system prompt, where no part was begun for it */
    void piece(byte[] bytes, int offset, int length, boolean systemBlock) {
        if (counting) {
            size.prompt(bytes, offset, length);
            return;
        }
        if (open == Part.TEXT && dropped.keeping()) {
            size.content(length);
            sink.text(bytes, offset, length);
            return;
        }
        if (!dropped.keeping()) {
            int held = dropped.take(bytes, offset, length);
            if (held < 0) {
                return;
            }
            passOn(DroppedBlock.start(), 0, held, systemBlock);
        }
        passOn(bytes, offset, length, systemBlock);
    }

    private void passOn(byte[] bytes, int offset, int length, boolean systemBlock) {
        if (length == 0) {
            return;
        }
        // no switch: one that takes null is made a class when it is first reached, in each process
        if (open == null ? systemBlock : open == Part.SYSTEM) {
            size.system(length);
        } else if (open == null || open == Part.PREAMBLE) {
            size.preamble(length);
        } else if (open == Part.PROMPT) {
            size.prompt(bytes, offset, length);
        } else if (open == Part.MEDIA) {
            size.media(bytes, offset, length);
        } else {
            size.content(length);
            if (open == Part.ROLE) {
                dropped.role(bytes, offset, length);
            }
        }
        sink.text(bytes, offset, length);
    }

    /** A value ends: whether it was content of its own. */
    boolean end(boolean systemBlock) {
        if (!dropped.keeping()) {
            passOn(DroppedBlock.start(), 0, dropped.end(), systemBlock);
        }
        if (counting) {
            counting = false;
            return true;
        }
        if (open == null) {
            return false;
        }
        sink.end(open);
        open = null;
        if (bareMessage) {
            bareMessage = false;
            endMessage();
        }
        return true;
    }
}
