package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.route.Outcome;
import io.kvasir.route.RequestTrace;
import io.kvasir.traffic.Door;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One stream: one HTTP request with its response. Knows no transport; all calls come from one thread.
 *
 * <p>Back-pressure. A message is asked for after each one handled. A request that is still undecided is never left
 * unread, for its answer may depend on the next byte, and the connection is shared: what is not read of one stream takes
 * the window of all others. Its bytes count against two budgets instead, and at either the decision is made on what is
 * there. Once it is made, reading pauses while the proxy does not take what was sent.
 *
 * <p>End. The stream is completed without error only when its request was answered; a proxy that sees it completed before
 * goes on with the bytes it still has, which in full duplex mode are none.
 */
final class ProcessorStream {
    private static final Logger LOG = Logger.getLogger(ProcessorStream.class);

    private final StreamContext context;
    private final Outlet outlet;
    private final Outgoing out;
    private final StreamBooks books;
    private final StreamModes modes;
    private @Nullable RequestHead head;
    private @Nullable RequestPhase request;
    private @Nullable ResponsePhase response;
    private @Nullable String clientModel;
    private @Nullable RequestTrace trace;
    private boolean observing;
    private boolean halfClosed;
    private boolean closed;
    private boolean paused;
    private boolean silent;
    private volatile boolean evictable;
    private long lastNanos;

    ProcessorStream(StreamContext context, Outlet outlet) {
        this.context = context;
        this.outlet = outlet;
        out = new Outgoing(outlet, context.budget());
        books = new StreamBooks(context);
        modes = new StreamModes(context.settings().assumedMode(), context.counts());
        lastNanos = context.router().nanoTime();
        context.counts().opened();
    }

    StreamContext context() {
        return context;
    }

    StreamSettings settings() {
        return context.settings();
    }

    Outgoing out() {
        return out;
    }

    StreamBooks books() {
        return books;
    }

    /** What follows the request; null where nothing does. */
    @Nullable
    RequestTrace trace() {
        return trace;
    }

    private void endTrace(int status) {
        if (trace != null) {
            trace.end(status);
        }
    }

    /** The name that the client had for the model that was replaced in its request; null where none was. */
    @Nullable
    String clientModel() {
        return clientModel;
    }

    /** The model's name was replaced in the request: the response gets the client's name. */
    void modelReplaced(@Nullable String name) {
        clientModel = name == null || name.isEmpty() ? null : name;
    }

    void count(StreamEvent event) {
        context.counts().count(event);
    }

    /** Runs something on the stream's thread, unless it has ended by then. From any thread. */
    void later(Runnable task) {
        outlet.later(() -> step(task));
    }

    /** Runs something on the stream's thread after that many ns, unless it has ended by then or it is called off. */
    Runnable after(long nanos, Runnable task) {
        return outlet.after(nanos, () -> step(task));
    }

    private void step(Runnable task) {
        if (!closed) {
            try {
                task.run();
            } catch (RuntimeException e) {
                broken(e);
            }
        }
    }

    /** The proxy's next message. */
    void receive(ProxyMessage message) {
        if (closed) {
            return;
        }
        lastNanos = context.router().nanoTime();
        try {
            if (message.observed()) {
                observing = true;
                count(StreamEvent.OBSERVED);
            } else {
                dispatch(message);
            }
        } catch (RuntimeException e) {
            broken(e);
        }
        next();
    }

    private void dispatch(ProxyMessage message) {
        if (message instanceof ProxyMessage.Headers headers) {
            modes.begin(headers);
            if (headers.direction() == Direction.REQUEST) {
                requestHeaders(headers);
            } else {
                response().headers(headers);
            }
        } else if (message instanceof ProxyMessage.Body body) {
            if (body.direction() == Direction.RESPONSE) {
                response().body(body);
            } else if (request == null) {
                outOfOrder("a body before the headers");
            } else {
                request.body(body);
            }
        } else if (message instanceof ProxyMessage.Trailers trailers) {
            if (trailers.direction() == Direction.RESPONSE) {
                response().trailers();
            } else if (request == null) {
                outOfOrder("trailers before the headers");
            } else {
                request.trailers();
            }
        } else {
            withoutUse(message);
        }
    }

    private void withoutUse(ProxyMessage message) {
        switch (message) {
            case ProxyMessage.TooLong _ -> tooLong();
            case ProxyMessage.Unreadable(var why) -> {
                LOG.debugf("a message that cannot be read: %s", why);
                endUnread(StreamEvent.UNREADABLE, Refusals.protocolViolation("a message that cannot be read"));
            }
            default -> count(StreamEvent.UNKNOWN_MESSAGE);
        }
    }

    private void requestHeaders(ProxyMessage.Headers headers) {
        if (request != null) {
            outOfOrder("headers twice");
            return;
        }
        if (Subset.unreadable(headers.metadata(), settings())) {
            count(StreamEvent.SUBSET_UNREADABLE);
        }
        var read = RequestHead.of(
                headers,
                Subset.read(headers.metadata(), settings()),
                context.router().traffic());
        head = read;
        trace = context.router().traces().begin(Door.PICKER, read.traceparent(), read.tracestate());
        var refusal = read.refusal();
        if (refusal != null) {
            refuse(refusal);
            return;
        }
        var phase = RequestPhase.of(this, modes.request(), read);
        request = phase;
        phase.begin();
    }

    private ResponsePhase response() {
        var phase = response;
        if (phase == null) {
            phase = new ResponsePhase(this, modes.response(), !modes.assumed());
            response = phase;
            evictable = false;
        }
        return phase;
    }

    /** The message that comes is longer than is taken. */
    void tooLong() {
        endUnread(StreamEvent.TOO_LONG, response == null ? Refusals.messageTooLong() : Refusals.answerTooLong());
    }

    /**
     * There is no memory for the long message that comes. One that passes on in pieces is let through: what is under way
     * is not ended for what others hold.
     */
    void crowded() {
        boolean collected =
                response == null ? request == null || !request.answered() : modes.response() == BodyMode.BUFFERED;
        if (collected) {
            endUnread(StreamEvent.CROWDED, Refusals.memoryFull());
        }
    }

    /** Ends the stream over a message that is not read; without a word where only copies come. */
    private void endUnread(StreamEvent event, Refusal refusal) {
        if (closed) {
            return;
        }
        count(event);
        if (observing) {
            end(Outcome.CLIENT_GONE);
            out.complete();
        } else {
            refuse(refusal);
        }
    }

    /** Refuses what the proxy should not have sent now. */
    void outOfOrder(String what) {
        count(StreamEvent.OUT_OF_ORDER);
        refuse(Refusals.protocolViolation(what + " out of order"));
    }

    /** Tells the client no, which is the last message of a stream. */
    void refuse(Refusal refusal) {
        refuse(refusal, Outcome.CLIENT_GONE);
    }

    private void refuse(Refusal refusal, Outcome outcome) {
        if (closed) {
            return;
        }
        context.counts().refused(refusal.reason());
        out.send(
                head == null
                        ? Answers.refusal(refusal, ErrorShape.OPENAI, null)
                        : Answers.refusal(refusal, head.errors(), head.headers().requestId()));
        end(outcome);
        endTrace(refusal.status());
        out.complete();
    }

    /**
     * Whether a request that was picked for can still be ended with an answer of ours: the gateway shows answers, and has
     * shown nothing of this one. From any thread.
     */
    boolean evictable() {
        return evictable;
    }

    /** Ends a request that was picked for with an answer of ours, unless its client was told something already. */
    void evict(Refusal refusal) {
        if (evictable) {
            refuse(refusal, Outcome.EVICTED);
        }
    }

    /** The pick is out. */
    void published() {
        evictable = !observing && !modes.assumed() && !modes.responseUnshown();
    }

    /** Something is wrong in here: before anything was answered the client can be told, after that only the proxy. */
    private void broken(RuntimeException e) {
        count(StreamEvent.FAILED);
        LOG.warn("a stream failed", e);
        if (request == null || !request.answered()) {
            refuse(Refusals.internalError());
        } else {
            abort("internal error", Outcome.UPSTREAM_RESET);
        }
    }

    /** The proxy sends nothing more. */
    void halfClosed() {
        if (closed) {
            return;
        }
        halfClosed = true;
        doubtMode();
        try {
            if (request != null) {
                request.halfClosed();
            }
        } catch (RuntimeException e) {
            broken(e);
        }
        if (!closed) {
            if (!endUnshown()) {
                if (response == null && modes.assumed()) {
                    books.leave();
                } else if (response == null || !response.ended()) {
                    // Envoy does so when its client leaves, and before 1.37 also when it answers for an endpoint that
                    // it lost
                    books.finish(Outcome.CLIENT_GONE);
                }
            }
            closed = true;
            out.complete();
        }
    }

    private boolean endUnshown() {
        boolean headUnshown = modes.responseUnshown() && request != null && request.answered();
        return books.endIfUnshown(response, headUnshown);
    }

    /** The proxy reset the stream, as some do when they need nothing more; nothing can be sent any more. */
    void cancelled() {
        try {
            if (!closed) {
                if (response == null || !response.ended()) {
                    count(StreamEvent.CANCELLED);
                }
                doubtMode();
                if (endUnshown()) {
                    close();
                } else {
                    end(Outcome.CLIENT_GONE);
                }
            }
        } finally {
            out.clear();
            context.counts().closed();
            endTrace(books.status());
        }
    }

    private void doubtMode() {
        if (request != null && request.withholdsHeaders()) {
            modes.doubt();
        }
    }

    /** The stream ended as it should. */
    void finished() {
        try {
            books.close();
        } finally {
            out.clear();
            context.counts().closed();
            endTrace(books.status());
        }
    }

    /** The transport takes more. */
    void ready() {
        out.drain();
        if (paused && !out.full()) {
            paused = false;
            next();
        }
    }

    /** Ends the stream now: a client that has no answer gets one; what is under way is reset, never cut silently. */
    void shutDown() {
        if (closed) {
            return;
        }
        count(StreamEvent.SHUT_DOWN);
        if (request == null || !request.answered()) {
            refuse(Refusals.shuttingDown());
        } else if (response != null && (response.ended() || response.unshown())) {
            // the proxy waits for nothing more, and would break off what it passes on
            books.endUnshown();
            end(Outcome.COMPLETED);
            out.complete();
        } else {
            abort("the picker is shutting down", Outcome.SHUTDOWN);
        }
    }

    private void abort(String why, Outcome outcome) {
        end(outcome);
        out.clear();
        outlet.fail(why);
    }

    private void end(Outcome outcome) {
        close();
        books.finish(outcome);
    }

    private void close() {
        closed = true;
        evictable = false;
        if (request != null) {
            request.abandon();
        }
    }

    /**
     * Looks whether anything has come for a while: proxies that leak streams must not leave load behind. An undecided
     * request is refused; else only the books close, for what is under way may be passed on by the proxy all the same.
     */
    void endSilence(long mostNanos) {
        var clock = context.router().clock();
        if (request != null && request.waits()) {
            // it is we who are silent
            lastNanos = clock.getAsLong();
            return;
        }
        if (closed || silent || clock.getAsLong() - lastNanos < clock.nanosIn(mostNanos)) {
            return;
        }
        silent = true;
        count(StreamEvent.SILENT);
        if (request == null || !request.answered()) {
            refuse(Refusals.bodyStalled());
        } else {
            books.finish(Outcome.EXPIRED);
        }
    }

    private void next() {
        if (closed || halfClosed) {
            return;
        }
        if (out.full() && (request == null || !request.holding())) {
            paused = true;
            count(StreamEvent.PAUSED);
            return;
        }
        outlet.request();
    }
}
