package io.kvasir.request;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request body in one pass, chunk by chunk as it arrives: checks that it is JSON, streams the prompt into a
 * {@link PromptSink} and notes what a {@link Request} holds. Keeps no bytes of the body, builds no tree; memory does not
 * depend on the body's size. Accepts a JSON object in UTF-8 exactly when Jackson's strict parser does, within
 * {@link ScanLimits}. How the body is cut into chunks makes no difference.
 *
 * <p>Reused from request to request by {@link #reset}; not thread-safe.
 */
public final class BodyScanner {
    private static final int WINDOW = 8192;

    private final PromptReader reader;
    private final ScanLimits limits;
    private Dialect dialect = Dialect.PASSTHROUGH;
    private boolean strict;
    private @Nullable String boundary;
    /** Reads a form; null where the body is JSON. */
    private @Nullable FormScanner form;

    private long received;
    private boolean opaque;
    private boolean finished;
    private @Nullable MalformedBodyException failure;
    /** Where chunks outside the heap are copied through, made when first needed. */
    private byte @Nullable [] window;

    /** Default limits. */
    public BodyScanner() {
        this(ScanLimits.DEFAULT);
    }

    public BodyScanner(ScanLimits limits) {
        this.limits = limits;
        reader = new PromptReader(limits, dialect, PromptSink.NONE);
    }

    /** Ready for a body of the given dialect, whatever became of the last one. */
    public void reset(Dialect newDialect, PromptSink sink) {
        reset(BodyFormat.of(newDialect), sink);
    }

    /** Ready for a body of the given format, whatever became of the last one. */
    public void reset(BodyFormat format, PromptSink sink) {
        dialect = format.dialect();
        strict = format.strict();
        boundary = format.boundary();
        form = boundary == null ? null : new FormScanner(boundary, limits.maxFieldLength());
        received = 0;
        opaque = false;
        finished = false;
        failure = null;
        reader.reset(dialect, sink);
    }

    /**
     * The next chunk. The bytes are not kept.
     *
     * @throws MalformedBodyException at the first byte that makes the body unacceptable, and from then on
     */
    public void feed(byte[] bytes, int offset, int length) {
        if (finished) {
            throw new IllegalStateException("the body is finished");
        }
        received += length;
        if (failure != null) {
            throw failure;
        }
        if (form != null) {
            form.feed(bytes, offset, length);
            return;
        }
        if (opaque) {
            return;
        }
        try {
            reader.lexer().feed(bytes, offset, length);
        } catch (MalformedBodyException e) {
            fail(e);
        }
    }

    /** The next chunk: the bytes between position and limit, which stay as they are. See {@link #feed(byte[], int, int)}. */
    public void feed(ByteBuffer chunk) {
        if (chunk.hasArray()) {
            feed(chunk.array(), chunk.arrayOffset() + chunk.position(), chunk.remaining());
            return;
        }
        if (window == null) {
            window = new byte[WINDOW];
        }
        int end = chunk.limit();
        for (int i = chunk.position(); i < end; i += WINDOW) {
            int n = Math.min(WINDOW, end - i);
            chunk.get(i, window, 0, n);
            feed(window, 0, n);
        }
    }

    /**
     * The body is complete.
     *
     * @throws MalformedBodyException where it ends too early, or was malformed before
     */
    public void finish() {
        finished = true;
        if (failure != null) {
            throw failure;
        }
        if (opaque || form != null) {
            return;
        }
        try {
            reader.lexer().finish();
        } catch (MalformedBodyException e) {
            fail(e);
        }
    }

    private void fail(MalformedBodyException e) {
        if (strict) {
            failure = e;
            throw e;
        }
        opaque = true;
        reader.reset(dialect, PromptSink.NONE);
    }

    /**
     * What the body says, as far as it has been read: final after {@link #finish}, earlier for a decision that cannot
     * wait for the rest.
     */
    public Request request() {
        NotedFields fields = reader.fields();
        PromptCounts prompt = reader.size().counts(Math.max(-1, fields.integer(BodyField.TRUNCATE_PROMPT_TOKENS, 0)));
        long rootStart = form == null ? reader.rootStart() : form.firstPart();
        return new Request(
                dialect,
                opaque || rootStart < 0,
                form == null ? fields.string(BodyField.MODEL) : form.model(),
                fields.flag(BodyField.STREAM),
                fields.flag(BodyField.INCLUDE_USAGE),
                maxOutputTokens(fields),
                Math.clamp(fields.integer(BodyField.MIN_TOKENS, 0), 0, Request.MOST_OUTPUT_TOKENS),
                // of beams that end others take the place, up to the bound
                fields.flag(BodyField.IGNORE_EOS) || fields.flag(BodyField.USE_BEAM_SEARCH),
                samples(fields),
                prompt,
                prompt.tokens(PromptCounts.BYTES_PER_TOKEN),
                prompt.longestTokens(PromptCounts.BYTES_PER_TOKEN),
                fields.string(BodyField.CACHE_SALT),
                fields.string(BodyField.USER),
                session(fields),
                fields.string(BodyField.REQUEST_ID),
                builtOn(fields),
                fields.integer(BodyField.PRIORITY, 0),
                received,
                rootStart,
                reader.emptyRoot(),
                form == null ? null : boundary,
                form == null ? fields.ranges() : FieldRanges.ofModel(form.range()),
                RequestHeaders.NONE);
    }

    private static int samples(NotedFields fields) {
        int most = Math.max(fields.integer(BodyField.N, 1), fields.integer(BodyField.BEST_OF, 1));
        return Math.clamp(Math.max(most, fields.integer(BodyField.BEAM_WIDTH, 1)), 1, Request.MOST_SAMPLES);
    }

    private int maxOutputTokens(NotedFields fields) {
        if (!dialect.generates() && dialect != Dialect.PASSTHROUGH) {
            return 0;
        }
        int bound = fields.integer(BodyField.MAX_TOKENS, -1);
        bound = fields.integer(BodyField.MAX_COMPLETION_TOKENS, bound);
        bound = fields.integer(BodyField.MAX_OUTPUT_TOKENS, bound);
        return Math.clamp(bound, -1, Request.MOST_OUTPUT_TOKENS);
    }

    /** The conversation: by its own name, by what an agent says of its user, or by what keeps it elsewhere. */
    private @Nullable String session(NotedFields fields) {
        String session = fields.string(BodyField.SESSION_ID);
        if (session == null && dialect == Dialect.MESSAGES) {
            session = AgentSession.of(fields.string(BodyField.USER));
        }
        if (session == null) {
            session = fields.string(BodyField.CONVERSATION);
        }
        return session == null ? fields.string(BodyField.PROMPT_CACHE_KEY) : session;
    }

    /** The id of what an engine keeps and the request builds on. */
    private static @Nullable String builtOn(NotedFields fields) {
        String response = fields.string(BodyField.PREVIOUS_RESPONSE_ID);
        String conversation = response == null ? fields.string(BodyField.CONVERSATION) : response;
        return conversation == null ? fields.string(BodyField.INPUT_FILE_ID) : conversation;
    }
}
