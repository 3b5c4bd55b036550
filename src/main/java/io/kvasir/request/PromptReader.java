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
import io.kvasir.request.MemberRule.ToolMember;
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

    private static final byte[] USER = {'u', 's', 'e', 'r'};

    private final ScanLimits limits;
    private final JsonLexer lexer;
    private final NotedFields fields = new NotedFields();
    private final Context[] contexts = new Context[MAX_LEVELS + 1];

    private PromptSink sink;
    private MemberTable root;
    private int level;
    /** The rule of the member last named. */
    private @Nullable MemberRule rule;
    /** The part that the value being read belongs to. */
    private @Nullable Part open;
    /** The field that the value being read belongs to. */
    private @Nullable BodyField noting;

    /** Whether {@link #open} is the text of a message made of a bare string. */
    private boolean bareMessage;
    /** Whether engines drop accounting blocks of this dialect. */
    private boolean anthropic;

    private final DroppedBlock dropped = new DroppedBlock();

    private MemberTable nested;
    private @Nullable BodyField nestedField;
    /** Whether token ids that stand directly in a list of prompts have opened one. */
    private boolean tokenRun;

    /** Whether the value being read is counted only: of what is compared in pairs no part is a prefix. */
    private boolean counting;

    private boolean hasPrompt;
    private final PromptSize size = new PromptSize();
    private final ToolsJson tools = new ToolsJson(size);
    private long rootStart;
    private boolean emptyRoot;

    PromptReader(ScanLimits limits, Dialect dialect, PromptSink sink) {
        this.limits = limits;
        this.lexer = new JsonLexer(this, limits);
        this.sink = sink;
        root = DialectMembers.root(dialect);
        nested = root;
        reset(dialect, sink);
    }

    void reset(Dialect dialect, PromptSink newSink) {
        lexer.reset();
        fields.reset();
        size.reset();
        sink = newSink;
        root = DialectMembers.root(dialect);
        level = 0;
        contexts[0] = Context.OUTSIDE;
        rule = null;
        open = null;
        noting = null;
        bareMessage = false;
        anthropic = dialect == Dialect.MESSAGES;
        dropped.reset();
        tools.reset(newSink);
        counting = false;
        hasPrompt = false;
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
        return size;
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
                beginMessage();
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
        return switch (rule) {
            case null -> SKIP;
            case Noted(BodyField field) -> {
                fields.clear(field);
                fields.start(field, lexer.position());
                noting = field;
                yield kind == STRING && field.type() == BodyField.Type.STRING ? CAPTURE : SKIP;
            }
            case Nested(MemberTable members, BodyField field) -> nested(kind, members, field);
            case Messages(boolean bareIsUser) -> {
                replacePrompt();
                yield messages(kind, bareIsUser);
            }
            case SystemPrompt ignored -> systemPrompt(kind);
            case BlockText ignored -> {
                dropped.begin(anthropic && kind == STRING);
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
                replacePrompt();
                tokenRun = false;
                if (kind == ARRAY) {
                    size.list();
                }
                yield switch (kind) {
                    case ARRAY -> enter(Context.PROMPTS);
                    case STRING -> prompt(kind);
                    default -> SKIP;
                };
            }
            case Inputs ignored -> {
                tokenRun = false;
                if (kind == ARRAY) {
                    size.list();
                }
                yield switch (kind) {
                    case ARRAY -> enter(Context.INPUTS);
                    case STRING, OBJECT -> input(kind);
                    default -> SKIP;
                };
            }
            case Content ignored -> content(kind);
            case Text(Part part) -> kind == STRING ? open(part, STREAM) : SKIP;
            case ToolMember ignored -> SKIP;
            case Raw(Part part) -> kind == NULL ? SKIP : open(part, RAW);
        };
    }

    private int messages(int kind, boolean bareIsUser) {
        if (kind == ARRAY) {
            size.prompt();
            return enter(Context.MESSAGES);
        }
        if (kind != STRING) {
            return SKIP;
        }
        if (!bareIsUser) {
            return prompt(kind);
        }
        size.prompt();
        beginMessage();
        sink.begin(Part.ROLE);
        size.content(USER.length);
        sink.text(USER, 0, USER.length);
        sink.end(Part.ROLE);
        bareMessage = true;
        return open(Part.TEXT, STREAM);
    }

    private void beginMessage() {
        size.message();
        dropped.message();
        sink.begin(Part.MESSAGE);
    }

    private int systemPrompt(int kind) {
        size.systemPrompt();
        return switch (kind) {
            case STRING -> open(Part.SYSTEM, STREAM);
            case ARRAY -> {
                sink.begin(Part.SYSTEM);
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
                if (!tokenRun) {
                    beginPrompt();
                    tokenRun = true;
                }
                yield INTEGERS;
            }
            case STRING -> {
                endTokenRun();
                size.prompt();
                yield open(Part.PROMPT, STREAM);
            }
            case ARRAY -> {
                endTokenRun();
                beginPrompt();
                yield enter(Context.TOKENS);
            }
            default -> SKIP;
        };
    }

    private int input(int kind) {
        if (kind != STRING && kind != OBJECT) {
            return SKIP;
        }
        size.prompt();
        counting = true;
        return kind == STRING ? STREAM : RAW;
    }

    private void beginPrompt() {
        size.prompt();
        sink.begin(Part.PROMPT);
    }

    private void endTokenRun() {
        if (tokenRun) {
            tokenRun = false;
            sink.end(Part.PROMPT);
        }
    }

    /** Of two prompts in one body the engines take the last. */
    private void replacePrompt() {
        if (hasPrompt) {
            sink.restart();
            size.restart();
        }
        hasPrompt = true;
    }

    private int enter(Context context) {
        contexts[++level] = context;
        return ENTER;
    }

    private int open(Part part, int how) {
        if (part == Part.MEDIA) {
            size.media();
        } else if (part == Part.TEXT) {
            dropped.begin(anthropic && dropped.inSystemMessage());
        }
        open = part;
        sink.begin(part);
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
            passOn(DroppedBlock.start(), 0, held);
        }
        passOn(bytes, offset, length);
    }

    private void passOn(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return;
        }
        if (open == null) {
            if (contexts[level] == Context.SYSTEM_BLOCK) {
                size.system(length);
            } else {
                size.preamble(length);
            }
        } else if (open == Part.SYSTEM) {
            size.system(length);
        } else if (open == Part.PREAMBLE) {
            size.preamble(length);
        } else if (open == Part.PROMPT) {
            size.prompt(bytes, offset, length);
        } else if (open != Part.MEDIA) {
            size.content(length);
            if (open == Part.ROLE) {
                dropped.role(bytes, offset, length);
            }
        }
        sink.text(bytes, offset, length);
    }

    @Override
    public void end(int kind) {
        if (!dropped.keeping()) {
            passOn(DroppedBlock.start(), 0, dropped.end());
        }
        if (counting) {
            counting = false;
        } else if (open != null) {
            sink.end(open);
            open = null;
            if (bareMessage) {
                bareMessage = false;
                sink.end(Part.MESSAGE);
            }
        } else if (noting != null) {
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
        size.token(value);
        sink.token(value);
    }

    @Override
    public void leave() {
        switch (contexts[level--]) {
            case NESTED -> {
                if (nestedField != null) {
                    fields.end(nestedField, lexer.position());
                }
            }
            case MESSAGE -> sink.end(Part.MESSAGE);
            case SYSTEM_BLOCKS -> sink.end(Part.SYSTEM);
            case TOOL -> tools.endElement();
            case TOOLS -> tools.end();
            case TOKENS -> sink.end(Part.PROMPT);
            case PROMPTS -> endTokenRun();
            default -> {}
        }
    }
}
