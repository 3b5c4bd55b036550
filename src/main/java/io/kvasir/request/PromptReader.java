package io.kvasir.request;

import io.kvasir.request.MemberRule.Content;
import io.kvasir.request.MemberRule.Messages;
import io.kvasir.request.MemberRule.Nested;
import io.kvasir.request.MemberRule.Noted;
import io.kvasir.request.MemberRule.Prompts;
import io.kvasir.request.MemberRule.Raw;
import io.kvasir.request.MemberRule.Text;
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
        PROMPTS,
        TOKENS
    }

    /** Root, messages, message, content, content part. */
    private static final int MAX_LEVELS = 5;

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

    private MemberTable nested;
    private @Nullable BodyField nestedField;
    /** Whether token ids that stand directly in a list of prompts have opened one. */
    private boolean tokenRun;

    private boolean hasPrompt;
    private final PromptSize size = new PromptSize();
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
            case ROOT, NESTED, MESSAGE, CONTENT_PART -> member(kind);
            case MESSAGES -> {
                if (kind != OBJECT) {
                    yield SKIP;
                }
                size.message();
                sink.begin(Part.MESSAGE);
                yield enter(Context.MESSAGE);
            }
            case CONTENT ->
                switch (kind) {
                    case OBJECT -> enter(Context.CONTENT_PART);
                    case STRING -> open(Part.TEXT, STREAM);
                    default -> SKIP;
                };
            case PROMPTS -> prompt(kind);
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
            case Messages ignored -> {
                replacePrompt();
                if (kind == ARRAY) {
                    size.prompt();
                    yield enter(Context.MESSAGES);
                }
                yield kind == STRING ? prompt(kind) : SKIP;
            }
            case Prompts ignored -> {
                replacePrompt();
                tokenRun = false;
                yield switch (kind) {
                    case ARRAY -> enter(Context.PROMPTS);
                    case STRING -> prompt(kind);
                    default -> SKIP;
                };
            }
            case Content ignored ->
                switch (kind) {
                    case ARRAY -> enter(Context.CONTENT);
                    case STRING -> open(Part.TEXT, STREAM);
                    default -> SKIP;
                };
            case Text(Part part) -> kind == STRING ? open(part, STREAM) : SKIP;
            case Raw(Part part) -> kind == NULL ? SKIP : open(part, RAW);
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
            return SKIP;
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
            case NESTED -> rule = nested.find(bytes, length);
            case MESSAGE -> rule = DialectMembers.MESSAGE.find(bytes, length);
            default -> rule = DialectMembers.CONTENT_PART.find(bytes, length);
        }
    }

    @Override
    public void piece(byte[] bytes, int offset, int length) {
        if (open == Part.PREAMBLE) {
            size.preamble(length);
        } else if (open != Part.MEDIA) {
            size.content(length);
        }
        sink.text(bytes, offset, length);
    }

    @Override
    public void end(int kind) {
        if (open != null) {
            sink.end(open);
            open = null;
        } else if (noting != null) {
            note(noting, kind);
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
        size.token();
        sink.token(value);
    }

    private void note(BodyField field, int kind) {
        fields.end(field, lexer.position());
        switch (field.type()) {
            case STRING -> {
                if (kind == STRING) {
                    int length = lexer.capturedLength();
                    if (length < 0 || length > limits.maxFieldLength()) {
                        throw new MalformedBodyException(
                                fields.start(field),
                                "\"" + field.memberName() + "\" is longer than " + limits.maxFieldLength() + " bytes");
                    }
                    fields.string(field, lexer.captured(), length);
                }
            }
            case INTEGER -> {
                if (kind == NUMBER && lexer.integral()) {
                    fields.number(field, lexer.number());
                }
            }
            case BOOLEAN -> {
                if (kind == TRUE || (kind == NUMBER && lexer.integral() && lexer.number() == 1)) {
                    fields.number(field, 1);
                }
            }
            case RANGE -> {}
        }
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
            case TOKENS -> sink.end(Part.PROMPT);
            case PROMPTS -> endTokenRun();
            default -> {}
        }
    }
}
