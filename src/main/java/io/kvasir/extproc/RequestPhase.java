package io.kvasir.extproc;

import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.BodyEdits;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.route.Booking;
import io.kvasir.route.Reading;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.StoredObject;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The request direction of one stream, from its headers on. A subclass is the strategy of a body mode; this part knows how
 * to route and what is common to all of them.
 *
 * <pre>
 *              headers                    body complete,
 *                                         a budget reached,
 *  full duplex   ──►  holding chunks  ──► half-close or trailers ──►  headers answer, chunks  ──►  passing chunks  ──►  ended
 *  buffered      ──►  empty answer    ──► the whole body         ──►  body answer with the pick   ───────────────►  ended
 *  streamed,none ──►  headers answer  ──────────────────────────────────────────────►  one answer per message  ──►  ended
 *  no body, upgrade: headers answer at once, whatever the mode
 * </pre>
 *
 * A refusal ends the stream from any state.
 */
abstract sealed class RequestPhase permits DuplexRequest, BufferedRequest, PassedRequest {
    /** The stream that this belongs to. */
    final ProcessorStream stream;
    /** The request's headers. */
    final RequestHead head;

    private boolean answered;
    private @Nullable Waiting waiting;

    RequestPhase(ProcessorStream stream, RequestHead head) {
        this.stream = stream;
        this.head = head;
    }

    /** The strategy for a request whose headers have come; {@link #begin} is still to be called. */
    static RequestPhase of(ProcessorStream stream, BodyMode mode, RequestHead head) {
        return switch (mode) {
            case FULL_DUPLEX -> new DuplexRequest(stream, head);
            case BUFFERED, BUFFERED_PARTIAL ->
                head.end() || head.tunnel() ? new PassedRequest(stream, head, mode) : new BufferedRequest(stream, head);
            case STREAMED, NONE -> new PassedRequest(stream, head, mode);
        };
    }

    /** Reacts to the headers. */
    abstract void begin();

    abstract void body(ProxyMessage.Body body);

    abstract void trailers();

    /** The proxy sends nothing more: what can be answered is answered now. */
    abstract void halfClosed();

    /** Gives back what an undecided request holds. Calling it again changes nothing. */
    abstract void abandon();

    /** Whether the pick was published, so that the stream may end. */
    final boolean answered() {
        return answered;
    }

    /** Whether the headers are withheld and nothing of the body has come, as where a proxy waits for their answer. */
    boolean withholdsHeaders() {
        return false;
    }

    /** Whether bytes are held for a decision; then reading must go on, or it never comes. */
    abstract boolean holding();

    /**
     * Decides by headers alone and answers them.
     *
     * @param lengthChanges whether the body will be longer or shorter than the client said
     * @return whether there is an endpoint
     */
    final boolean decideAtHeaders(boolean lengthChanges) {
        var pick = pick(null, Request.withoutBody(Dialect.PASSTHROUGH), false);
        if (pick == null) {
            return false;
        }
        publish(Answers.pickAtHeaders(pick, head, stream.settings(), lengthChanges));
        return true;
    }

    /** Leases what reads a body of that format. */
    final Reading read(BodyFormat format) {
        if (!format.told()) {
            stream.unread(head);
        }
        return stream.context().router().read(format);
    }

    /** Sends the answer that has the pick. */
    final void publish(PickerMessage answer) {
        answered = true;
        stream.count(StreamEvent.PICKED);
        stream.out().send(answer);
    }

    /**
     * Asks the router. A refusal goes to the client and ends the stream.
     *
     * @param reading what read the body, taken over; null where there is none
     * @param read what it read
     * @param early whether the body is incomplete
     * @return null if refused
     */
    final @Nullable Pick pick(@Nullable Reading reading, Request read, boolean early) {
        return pick(routed(reading, read, early));
    }

    /** What to publish. A refusal goes to the client and ends the stream: null. */
    final @Nullable Pick pick(Routing.Decided routing) {
        return switch (routing) {
            case Routing.Booked(var booking) -> booked(booking);
            case Routing.Refused(var refusal) -> {
                stream.refuse(refusal);
                yield null;
            }
        };
    }

    /** Opens the books, and says what to publish. */
    final Pick booked(Booking booking) {
        stream.books().booked(booking);
        return Pick.of(booking, stream.settings().fallbackList(), wanted());
    }

    /** Asks the router and leaves a refusal to the caller. */
    final Routing.Decided routed(@Nullable Reading reading, Request read, boolean early) {
        var router = stream.context().router();
        var reader = reading == null ? router.read(Dialect.PASSTHROUGH) : reading;
        return router.route(reader, read.withHeaders(head.headers()), hints(early));
    }

    /**
     * Asks the router about a complete body.
     *
     * @param later told of the decision on the stream's loop, unless the stream has ended, where it comes later
     * @return null where nothing is decided yet
     */
    final Routing.@Nullable Decided routedOrHeld(Reading reading, Request read, Consumer<Routing.Decided> later) {
        var waiter = new Waiter() {
            @Override
            public void execute(Runnable task) {
                stream.later(task);
            }

            @Override
            public void decided(Routing.Decided routing) {
                waiting = null;
                later.accept(routing);
            }
        };
        return switch (stream.context()
                .router()
                .route(reading, read.withHeaders(head.headers()), hints(false), waiter)) {
            case Routing.Decided decided -> decided;
            case Waiting begun -> {
                waiting = begun;
                yield null;
            }
        };
    }

    /** Ends a wait with a decision, or without. */
    final Routing.@Nullable Decided decideNow() {
        var waited = waiting;
        waiting = null;
        return waited == null ? null : waited.decideNow();
    }

    final void cancelWait() {
        if (waiting != null) {
            waiting.cancel();
            waiting = null;
        }
    }

    private RoutingHints hints(boolean early) {
        var hints = RoutingHints.NONE
                .withSubset(subset())
                .withPrefixModel(head.pathModel())
                .withGatewayModel(head.model())
                .withStored(
                        head.path() == null ? null : StoredObject.of(head.path().upstream()))
                .withRewrite(head.rewrite())
                .withPairs();
        if (early) {
            hints = hints.decidedEarly();
        }
        if (stream.settings().emitScores()) {
            hints = hints.withScores();
        }
        return hints;
    }

    private @Nullable List<String> subset() {
        var wanted = wanted();
        if (wanted != null) {
            return wanted.isEmpty() ? wanted : List.of(wanted.getFirst());
        }
        var hint = head.subset();
        return hint == null || !stream.settings().subsetFilter()
                ? null
                : Subset.hostPorts(hint, stream.context().router().pool().snapshot());
    }

    /** The endpoints that the conformance suite wants, those of the pool, in its order; null outside that suite. */
    private @Nullable List<String> wanted() {
        if (!stream.settings().conformance() || head.selection() == null) {
            return null;
        }
        var pool = stream.context().router().pool().snapshot();
        return Subset.hostPorts(Subset.split(head.selection()), pool).stream()
                .filter(hostPort -> pool.byHostPort(hostPort) != null)
                .distinct()
                .toList();
    }

    /**
     * The change that the routed model asks for.
     *
     * @param read what was read of the body
     * @param bytes bytes of it that can still be changed
     * @return null for none
     */
    final @Nullable BodyEdits edit(Pick pick, Request read, long bytes) {
        String routed = pick.booking().request().model();
        if (routed == null
                || routed.isEmpty()
                || routed.equals(read.model())
                || (read.model() == null && pick.booking().rules().model() == null)) {
            return null;
        }
        var range = read.modelRange();
        boolean reachable = range == null ? read.rootStart() >= 0 && read.bodyBytes() == bytes : range.end() <= bytes;
        if (read.opaque() || head.encoded() || !reachable) {
            stream.count(StreamEvent.MODEL_NOT_REWRITTEN);
            return null;
        }
        stream.count(StreamEvent.MODEL_REWRITTEN);
        stream.modelReplaced(read.model());
        return BodyEdits.model(read, routed);
    }
}
