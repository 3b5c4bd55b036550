package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.route.AnswerNotes;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.ResponseBooks;
import io.kvasir.route.ResponseMeter;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a stream shows of a request into its books. Without a booking, as for a response that a proxy made before
 * the pick, nothing is written.
 */
final class StreamBooks implements ResponseBooks {
    private static final int UNAVAILABLE = 503;
    private static final int LEAST_CLIENT_ERROR = 400;
    private static final int LEAST_SERVER_ERROR = 500;
    /** How Envoy words its own reply when it could not talk to the endpoint. */
    private static final String LOCAL_REPLY = "upstream connect error or disconnect/reset before headers";
    /** Within what a proxy ends a stream on which it expects nothing more; a streamed answer takes longer. */
    private static final long AT_ONCE_NANOS = 100_000_000;

    /** How Envoy words it when it has nobody to talk to. */
    private static final String NOBODY = "no healthy upstream";

    private final StreamContext context;
    private @Nullable Booking booking;
    private @Nullable ResponseMeter meter;
    private @Nullable AnswerNotes notes;
    private int status;
    private double retryAfterSeconds;
    private boolean maybeLocalReply;
    private Outcome failure = Outcome.UPSTREAM_ERROR;
    private boolean responded;
    private boolean events;
    private long headNanos;
    private boolean left;
    private @Nullable Outcome outcome;

    StreamBooks(StreamContext context) {
        this.context = context;
    }

    /** The request was booked; maybe after its response, which then has ended it already. */
    void booked(Booking newBooking) {
        booking = newBooking;
        if (outcome != null) {
            newBooking.finish(outcome);
        }
        double unseen = newBooking.unseenPrefillSeconds();
        if (unseen > 0) {
            later(unseen, newBooking::prefillDue);
        }
    }

    @Nullable
    Booking booking() {
        return booking;
    }

    /** HTTP status of the response; 0 where none was seen. */
    int status() {
        return status;
    }

    /** Whether a response has begun. */
    boolean responded() {
        return responded;
    }

    /**
     * The head of the response.
     *
     * @param httpStatus 0 where the proxy sends no head
     * @param eventStream whether the body is an event stream
     * @param readable whether the body can be read, being not compressed
     * @param text whether the body is plain text, as the proxy's own replies are
     * @param retryAfter seconds after which the endpoint asked to be tried again; 0 where it did not
     */
    void head(int httpStatus, boolean eventStream, boolean readable, boolean text, double retryAfter) {
        responded = true;
        status = httpStatus;
        events = eventStream;
        headNanos = context.router().nanoTime();
        retryAfterSeconds = retryAfter;
        if (booking == null) {
            return;
        }
        if (httpStatus == UNAVAILABLE && text) {
            maybeLocalReply = true;
        } else {
            booking.responseStarted(httpStatus, retryAfter);
        }
        if (httpStatus < LEAST_CLIENT_ERROR) {
            meter = new ResponseMeter(this, eventStream && readable);
        }
        notes = readable ? AnswerNotes.of(booking, httpStatus) : null;
    }

    void body(byte[] bytes, int offset, int length) {
        responded = true;
        if (notes != null) {
            notes.feed(bytes, offset, length);
        }
        if (meter != null) {
            meter.feed(bytes, offset, length);
        } else if (maybeLocalReply && length > 0 && booking != null) {
            maybeLocalReply = false;
            localReply(booking, new String(bytes, offset, Math.min(length, 256), US_ASCII));
        }
    }

    private void localReply(Booking booked, String text) {
        if (text.startsWith(NOBODY) || text.startsWith(LOCAL_REPLY) && text.contains("overflow")) {
            // the proxy's own limits: nothing was asked of the endpoint
            return;
        }
        if (!text.startsWith(LOCAL_REPLY)) {
            booked.responseStarted(status, retryAfterSeconds);
        } else if (text.contains("connection failure") || text.contains("connection timeout")) {
            booked.connectFailed(text.contains("connection failure"));
            failure = Outcome.CONNECT_FAILED;
            context.counts().count(StreamEvent.CONNECT_FAILED);
        } else {
            failure = Outcome.UPSTREAM_RESET;
        }
    }

    @Override
    public void size(long bytes) {
        if (booking != null) {
            booking.size(bytes);
        }
    }

    /** The response is complete. */
    void end() {
        if (meter != null) {
            meter.end();
            meter = null;
        }
        if (notes != null) {
            notes.end();
            notes = null;
        }
        if (maybeLocalReply && booking != null) {
            maybeLocalReply = false;
            booking.responseStarted(status, retryAfterSeconds);
        }
        finish(
                status >= LEAST_SERVER_ERROR
                        ? failure
                        : status >= LEAST_CLIENT_ERROR ? Outcome.REFUSED_BY_ENGINE : Outcome.COMPLETED);
    }

    /**
     * The body of the response that has begun will not be shown. One answer in one piece is computed with its head; of a
     * streamed one it is known when its prompt should be.
     */
    void unshown() {
        var open = booking;
        if (open == null || status >= LEAST_CLIENT_ERROR) {
            return;
        }
        if (events) {
            later(open.prefillSeconds(), open::prefillOver);
        } else {
            open.prefillOver();
        }
    }

    /** After so many seconds of the engines' time. */
    private void later(double seconds, Runnable what) {
        context.later().run(context.router().clock().realSeconds(seconds), what);
    }

    /**
     * Closes the books by what was shown, where the proxy said that it does not show all. Of a response phase nobody speaks:
     * where none has been seen of proxies that show no bodies, the head is taken to be skipped as well.
     *
     * @param response null where none began
     * @param headUnshown whether the proxy may have skipped the head too, its request being answered
     * @return whether it did; else the end of the stream tells
     */
    boolean endIfUnshown(@Nullable ResponsePhase response, boolean headUnshown) {
        if (response != null) {
            if (response.unshown()) {
                endUnshown();
                return true;
            }
            return false;
        }
        if (headUnshown && context.counts().of(StreamEvent.RESPONSE_NOT_SHOWN) == 0) {
            leave();
            return true;
        }
        return false;
    }

    /**
     * The stream is over, and of its response only the head was shown: that tells how it went. Proxies end the stream with
     * the response, and some as soon as they expect nothing more of it; then the engine is still at work, and the load
     * stays until the predicted end.
     */
    void endUnshown() {
        var open = booking;
        var clock = context.router().clock();
        boolean early = events && clock.getAsLong() - headNanos < clock.nanosIn(AT_ONCE_NANOS);
        if (open == null || !early || status >= LEAST_CLIENT_ERROR || open.finished()) {
            end();
        } else {
            left = true;
            later(open.predictedSeconds(), open::completeUnseen);
        }
    }

    /** Nobody will tell how the request goes on: its books wait for its predicted end. */
    void leave() {
        var open = booking;
        if (open != null && !open.finished()) {
            left = true;
            context.counts().count(StreamEvent.NO_RESPONSE_PHASE);
            later(open.predictedSeconds(), () -> open.finish(Outcome.EXPIRED));
        }
    }

    /** The request is over; only the first end of a request counts. */
    void finish(Outcome how) {
        if (outcome == null) {
            outcome = how;
        }
        if (booking != null) {
            booking.finish(outcome);
        }
    }

    /** The stream is over: whatever happened, the books of its request do not stay open, unless they wait. */
    void close() {
        if (!left) {
            finish(Outcome.CLIENT_GONE);
        }
    }

    @Override
    public void firstToken() {
        if (booking != null) {
            booking.firstToken();
        }
    }

    @Override
    public void tokens(int count) {
        if (booking != null) {
            booking.tokens(count);
        }
    }

    @Override
    public void usage(int promptTokens, int cachedTokens, int completionTokens) {
        if (booking != null) {
            booking.usage(promptTokens, cachedTokens, completionTokens);
        }
    }
}
