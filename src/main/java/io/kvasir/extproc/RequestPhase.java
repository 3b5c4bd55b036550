package io.kvasir.extproc;

import io.kvasir.admission.Ticket;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.BodyEdits;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.route.Reading;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.StoredObject;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.schedule.Profile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The request direction of one stream, from its headers on. A subclass is the strategy of a body mode; this part knows how
 * to route and what is common to all of them.
 *
 * <pre>
 *              headers                    body complete,
 *                                         a budget reached,
 *  full duplex   ──►  holding chunks  ──► half-close or trailers ──►  deciding  ──►  headers answer, chunks  ──►  passing chunks  ──►  ended
 *  buffered      ──►  empty answer    ──► the whole body         ──►  deciding  ──►  body answer with the pick   ───────────────►  ended
 *  streamed,none ──────────────────────────────────────────────────►  deciding  ──►  headers answer  ──►  one answer per message ──►  ended
 *  no body, upgrade: as streamed, whatever the mode
 * </pre>
 *
 * Deciding takes no time, or as long as the router lets the request wait: what the request holds stays held and charged,
 * and what comes meanwhile is kept until a bound, beyond which the request goes on without waiting. A refusal ends the
 * stream from any state.
 */
abstract sealed class RequestPhase implements Waiter permits DuplexRequest, BufferedRequest, PassedRequest {
    static final byte[] NOTHING = {};

    /** The stream that this belongs to. */
    final ProcessorStream stream;
    /** The request's headers. */
    final RequestHead head;

    private boolean answered;
    private @Nullable Waiting waiting;
    private @Nullable Runnable callOff;

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

    /** The router has decided on what {@link #decide} asked, at once or later. */
    abstract void routed(Routing.Decided routing);

    /** Gives back what an undecided request holds. Calling it again changes nothing. */
    abstract void drop();

    /** The stream ends: leaves the line that the request may wait in, and gives back what it holds. */
    final void abandon() {
        var waited = waited();
        if (waited != null) {
            waited.cancel();
        }
        drop();
    }

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

    /** Leases what reads a body of that format. */
    final Reading read(BodyFormat format) {
        if (!format.told()) {
            UnreadPrompts.note(head, stream.context().counts());
        }
        return stream.context().router().read(format);
    }

    /**
     * Refuses a request that has no body, or an empty one, where its API demands one, as that API does. Returns whether it
     * did.
     */
    final boolean refusedEmpty() {
        if (!head.demandsBody()) {
            return false;
        }
        var reading = stream.context().router().read(head.format(NOTHING, 0, 0));
        try {
            reading.finish();
            return false;
        } catch (MalformedBodyException e) {
            stream.refuse(Refusals.malformed(e));
            return true;
        } finally {
            reading.abandon();
        }
    }

    /** Sends the answer that has the pick. */
    final void publish(PickerMessage answer) {
        answered = true;
        stream.count(StreamEvent.PICKED);
        stream.out().send(answer);
        stream.published();
    }

    /**
     * Asks the router; {@link #routed} follows, at once or after a wait.
     *
     * @param reading what read the body, taken over; null where there is none
     * @param read what it read
     * @param early whether the body is incomplete
     * @param mayWait whether the request can wait; what goes on coming may leave no room to
     */
    final void decide(@Nullable Reading reading, Request read, boolean early, boolean mayWait) {
        var router = stream.context().router();
        var reader = reading == null ? router.read(Dialect.PASSTHROUGH) : reading;
        var request = read.withHeaders(head.headers());
        if (!mayWait) {
            routed(router.route(reader, request, hints(early)));
            return;
        }
        var routing = router.route(reader, request, hints(early), this);
        if (routing instanceof Waiting begun) {
            waiting = begun;
            expireInTime(begun);
        } else {
            routed((Routing.Decided) routing);
        }
    }

    private void expireInTime(Waiting begun) {
        var clock = stream.context().router().clock();
        long deadline = begun.deadlineNanos();
        if (deadline != Ticket.NO_DEADLINE) {
            callOff = stream.after(clock.realNanos(deadline - clock.getAsLong()), this::expire);
        }
    }

    @Override
    public final void execute(Runnable task) {
        stream.later(task);
    }

    @Override
    public final boolean evictable() {
        return stream.evictable();
    }

    @Override
    public final void evict(Refusal refusal) {
        stream.evict(refusal);
    }

    @Override
    public final void decided(Routing.Decided routing) {
        var _ = waited();
        routed(routing);
    }

    /** What is kept of the wait, which is over. */
    private @Nullable Waiting waited() {
        var waited = waiting;
        waiting = null;
        if (callOff != null) {
            callOff.run();
            callOff = null;
        }
        return waited;
    }

    private void expire() {
        var begun = waiting;
        if (begun == null) {
            return;
        }
        callOff = null;
        long now = stream.context().router().nanoTime();
        if (begun.deadlineNanos() - now > 0) {
            // timers are rounded
            expireInTime(begun);
        } else {
            begun.expire(now);
        }
    }

    /** Whether the router's decision is waited for. */
    final boolean waits() {
        return waiting != null;
    }

    /** Ends a wait, where there is one, with a decision on what is known. */
    final void decideNow() {
        var waited = waited();
        if (waited != null) {
            routed(waited.decideNow());
        }
    }

    /** What to publish. A refusal goes to the client and ends the stream: null. */
    final @Nullable Pick pick(Routing.Decided routing) {
        if (routing instanceof Routing.Refused(var refusal)) {
            stream.refuse(refusal);
            return null;
        }
        var booking = ((Routing.Booked) routing).booking();
        stream.books().booked(booking);
        var profiles = stream.context().router().profiles();
        int named = stream.settings().fallbackList()
                ? 1 + Profile.FALLBACKS
                : profiles.profile().named();
        return Pick.of(booking, named, profiles.dataParallelPort(), wanted());
    }

    private RoutingHints hints(boolean early) {
        return RoutingHints.builder()
                .subset(subset())
                .prefixModel(head.pathModel())
                .gatewayModel(head.model())
                .stored(head.path() == null ? null : StoredObject.of(head.path().upstream()))
                .rewrite(head.rewrite())
                .pairs(true)
                .early(early)
                .scores(stream.settings().emitScores())
                .trace(stream.trace())
                .build();
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
