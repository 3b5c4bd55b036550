package io.kvasir.request;

import io.kvasir.request.MemberRule.BlockText;
import io.kvasir.request.MemberRule.Content;
import io.kvasir.request.MemberRule.Inputs;
import io.kvasir.request.MemberRule.Messages;
import io.kvasir.request.MemberRule.Nested;
import io.kvasir.request.MemberRule.Noted;
import io.kvasir.request.MemberRule.Prompts;
import io.kvasir.request.MemberRule.Raw;
import io.kvasir.request.MemberRule.SystemPrompt;
import io.kvasir.request.MemberRule.Text;
import io.kvasir.request.MemberRule.Tools;
import io.kvasir.request.PromptSink.Part;
import org.jspecify.annotations.Nullable;

/** Makes sense of a body's values: prompt content goes to the sink, fields are noted, the rest is passed over. */
final class PromptReader implements JsonEvents {

    /** What the entered object or array is. */
    private enum Context {
        OUTSIDE,
        ROOT,
        NESTED,
        MESSAGES,
        MESSAGE,
        CONTENT,
        CONTENT_PART,
        SYSTEM_BLOCKS,
        SYSTEM_BLOCK,
        TOOLS,
        TOOL,
        PROMPTS,
        INPUTS,
        TOKENS
    }

    /** Root, messages, message, content, content part, and content and its parts of a tool's result. */
    private static final int MAX_LEVELS = 7;

    private final ScanLimits limits;
    private final JsonLexer lexer;
    private final NotedFields fields = new NotedFields();
    private final Context[] contexts = new Context[MAX_LEVELS + 1];

    private final PromptText text;
    private final ToolsJson tools;

    private MemberTable root;
    private int level;
    /** The rule of the member last named. */
    private @Nullable MemberRule rule;
    /** The field that the value being read belongs to. */
    private @Nullable BodyField noting;

    private MemberTable nested;
    private @Nullable BodyField nestedField;
    private long rootStart;
    private boolean emptyRoot;

    PromptReader(ScanLimits limits, Dialect dialect, PromptSink sink) {
        this.limits = limits;
        this.lexer = new JsonLexer(this, limits);
        text = new PromptText(sink);
        tools = new ToolsJson(text.size());
        root = DialectMembers.root(dialect);
        nested = root;
        reset(dialect, sink);
    }

    void reset(Dialect dialect, PromptSink newSink) {
        lexer.reset();
        fields.reset();
        text.reset(dialect, newSink);
        root = DialectMembers.root(dialect);
        level = 0;
        contexts[0] = Context.OUTSIDE;
        rule = null;
        noting = null;
        tools.reset(newSink);
        rootStart = -1;
        emptyRoot = true;
    }

    JsonLexer lexer() {
        return lexer;
    }

    NotedFields fields() {
        return fields;
    }

    PromptSize size() {
        return text.size();
    }

    /** Bytes up to and including the opening brace; -1 before it. */
    long rootStart() {
        return rootStart;
    }

    boolean emptyRoot() {
        return emptyRoot;
    }

    @Override
    public int begin(int kind) {
        return switch (contexts[level]) {
            case OUTSIDE -> {
                rootStart = lexer.position() + 1;
                yield enter(Context.ROOT);
            }
            case ROOT, NESTED, MESSAGE, CONTENT_PART, SYSTEM_BLOCK -> member(kind);
            case MESSAGES -> {
                if (kind != OBJECT) {
                    yield SKIP;
                }
                text.beginMessage();
                yield enter(Context.MESSAGE);
            }
            case CONTENT ->
                switch (kind) {
                    case OBJECT -> enter(Context.CONTENT_PART);
                    case STRING -> open(Part.TEXT, STREAM);
                    default -> SKIP;
                };
            case SYSTEM_BLOCKS -> kind == OBJECT ? enter(Context.SYSTEM_BLOCK) : SKIP;
            case TOOLS -> tools.element(kind == OBJECT) ? enter(Context.TOOL) : RAW;
            case TOOL -> {
                int how = tools.value(kind);
                yield how == ENTER ? enter(Context.TOOL) : how;
            }
            case PROMPTS -> prompt(kind);
            case INPUTS -> input(kind);
            case TOKENS -> kind == NUMBER ? INTEGERS : SKIP;
        };
    }

    private int member(int kind) {
        // those that every request has; the others are told apart by a class that is made when it is first needed
        if (rule == null) {
            return SKIP;
        }
        if (rule instanceof Noted(BodyField field)) {
            fields.clear(field);
            fields.start(field, lexer.position());
            noting = field;
            return kind == STRING && field.type() == BodyField.Type.STRING ? CAPTURE : SKIP;
        }
        if (rule instanceof Messages(boolean bareIsUser)) {
            text.replacePrompt();
            return messages(kind, bareIsUser);
        }
        if (rule instanceof Content) {
            return content(kind);
        }
        if (rule instanceof Text(Part part)) {
            return kind == STRING ? open(part, STREAM) : SKIP;
        }
        return rare(kind, rule);
    }

    private int rare(int kind, MemberRule rule) {
        return switch (rule) {
            case Nested(MemberTable members, BodyField field) -> nested(kind, members, field);
            case SystemPrompt ignored -> systemPrompt(kind);
            case BlockText ignored -> {
                text.beginBlock(kind == STRING);
                yield kind == STRING ? STREAM : SKIP;
            }
            case Tools ignored -> {
                if (kind != ARRAY) {
                    yield kind == NULL ? SKIP : open(Part.PREAMBLE, RAW);
                }
                tools.begin();
                yield enter(Context.TOOLS);
            }
            case Prompts ignored -> {
                text.replacePrompt();
                text.beginPrompts(kind == ARRAY);
                yield switch (kind) {
                    case ARRAY -> enter(Context.PROMPTS);
                    case STRING -> prompt(kind);
                    default -> SKIP;
                };
            }
            case Inputs ignored -> {
                text.beginPrompts(kind == ARRAY);
                yield switch (kind) {
                    case ARRAY -> enter(Context.INPUTS);
                    case STRING, OBJECT -> input(kind);
                    default -> SKIP;
                };
            }
            case Raw(Part part) -> kind == NULL ? SKIP : open(part, RAW);
            default -> SKIP;
        };
    }

    private int messages(int kind, boolean bareIsUser) {
        if (kind == ARRAY) {
            text.size().prompt();
            return enter(Context.MESSAGES);
        }
        if (kind != STRING) {
            return SKIP;
        }
        if (!bareIsUser) {
            return prompt(kind);
        }
        text.beginBareMessage();
        return STREAM;
    }

    private int systemPrompt(int kind) {
        text.size().systemPrompt();
        return switch (kind) {
            case STRING -> open(Part.SYSTEM, STREAM);
            case ARRAY -> {
                text.beginSystem();
                yield enter(Context.SYSTEM_BLOCKS);
            }
            default -> SKIP;
        };
    }

    private int content(int kind) {
        return switch (kind) {
            case ARRAY -> level + 2 <= MAX_LEVELS ? enter(Context.CONTENT) : open(Part.TOOL_CALL, RAW);
            case OBJECT -> level < MAX_LEVELS ? enter(Context.CONTENT_PART) : open(Part.TOOL_CALL, RAW);
            case STRING -> open(Part.TEXT, STREAM);
            default -> SKIP;
        };
    }

    private int nested(int kind, MemberTable members, @Nullable BodyField field) {
        for (BodyField replaced : members.fields()) {
            fields.clear(replaced);
        }
        if (field != null) {
            fields.clear(field);
            fields.start(field, lexer.position());
        }
        if (kind != OBJECT) {
            noting = field;
            return kind == STRING && field != null && field.type() == BodyField.Type.STRING ? CAPTURE : SKIP;
        }
        if (field != null) {
            fields.object(field);
        }
        nested = members;
        nestedField = field;
        return enter(Context.NESTED);
    }

    private int prompt(int kind) {
        return switch (kind) {
            case NUMBER -> {
                text.beginTokenRun();
                yield INTEGERS;
            }
            case STRING -> {
                text.endPrompts();
                text.size().prompt();
                yield open(Part.PROMPT, STREAM);
            }
            case ARRAY -> {
                text.endPrompts();
                text.beginTokens();
                yield enter(Context.TOKENS);
            }
            default -> SKIP;
        };
    }

    private int input(int kind) {
        if (kind != STRING && kind != OBJECT) {
            return SKIP;
        }
        text.beginCounted();
        return kind == STRING ? STREAM : RAW;
    }

    private int enter(Context context) {
        contexts[++level] = context;
        return ENTER;
    }

    private int open(Part part, int how) {
        text.begin(part);
        return how;
    }

    @Override
    public void name(byte[] bytes, int length) {
        switch (contexts[level]) {
            case ROOT -> {
                emptyRoot = false;
                rule = root.find(bytes, length);
            }
            case NESTED -> {
                if (nestedField != null) {
                    fields.member(nestedField);
                }
                rule = nested.find(bytes, length);
            }
            case MESSAGE -> rule = DialectMembers.MESSAGE.find(bytes, length);
            case SYSTEM_BLOCK -> rule = DialectMembers.SYSTEM_BLOCK.find(bytes, length);
            case TOOL -> tools.member(bytes, length);
            default -> rule = DialectMembers.CONTENT_PART.find(bytes, length);
        }
    }

    @Override
    public void piece(byte[] bytes, int offset, int length) {
        text.piece(bytes, offset, length, contexts[level] == Context.SYSTEM_BLOCK);
    }

    @Override
    public void end(int kind) {
        if (text.end(contexts[level] == Context.SYSTEM_BLOCK)) {
            return;
        }
        if (noting != null) {
            fields.note(noting, kind, lexer, limits);
            noting = null;
        } else if (kind == NUMBER && lexer.integral() && inTokens()) {
            long id = lexer.number();
            if (id >= 0 && id <= Integer.MAX_VALUE) {
                integer((int) id);
            }
        }
    }

    private boolean inTokens() {
        return contexts[level] == Context.TOKENS || contexts[level] == Context.PROMPTS;
    }

    @Override
    public void integer(int value) {
        text.token(value);
    }

    @Override
    public void leave() {
        switch (contexts[level--]) {
            case NESTED -> {
                if (nestedField != null) {
                    fields.end(nestedField, lexer.position());
                }
            }
            case MESSAGE -> text.endMessage();
            case SYSTEM_BLOCKS -> text.endSystem();
            case TOOL -> tools.endElement();
            case TOOLS -> tools.end();
            case TOKENS -> text.endTokens();
            case PROMPTS -> text.endPrompts();
            default -> {}
        }
    }
}
