package io.kvasir.proxy;

import io.kvasir.observe.AnswerHeaders;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusals;
import io.kvasir.request.StreamedModelEdit;
import io.kvasir.route.AnswerNotes;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.ResponseMeter;
import io.kvasir.route.RetryAfter;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Passes an endpoint's answer on. Chunks are collected until the event loop has read what was there and leave in one
 * write, and where nothing in them is changed they are not even taken apart; while the client's connection takes no more,
 * the endpoint's is not read. Nothing is ended that the endpoint did not end.
 */
final class Relay implements ExchangeState, WriteBatch.Writer {
    private static final int MOST_PENDING = 64 << 10;
    private static final byte[] NOTHING = {};

    private final ProxyLoop loop;
    private final Exchange exchange;
    private final UpstreamLeg leg;
    private final HttpClientResponse upstream;
    private final HttpServerResponse client;
    private final Booking booking;
    private final int status;
    private final boolean events;
    private final @Nullable ResponseMeter meter;
    private final @Nullable AnswerNotes notes;
    /** Whether only the end of the connection ends the answer. */
    private final boolean undelimited;

    private final boolean saysDone;
    private @Nullable StreamedModelEdit edit;
    private @Nullable Buffer pending;
    private boolean queued;
    private boolean paused;

    /** Whether chunks may go to the client as they come, once the head and what came with it are written. */
    private boolean framable;

    private @Nullable FramedRelay framed;

    /** @param leg whose answer's head is there */
    Relay(
            ProxyLoop loop,
            Exchange exchange,
            UpstreamLeg leg,
            HttpClientResponse upstream,
            Booking booking,
            Dialect dialect) {
        this.loop = loop;
        this.exchange = exchange;
        this.leg = leg;
        this.upstream = upstream;
        this.booking = booking;
        client = exchange.answer().response();
        status = upstream.statusCode();
        var type = upstream.getHeader("content-type");
        events = type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17);
        meter = status < 400 ? new ResponseMeter(booking, events) : null;
        notes = upstream.getHeader("content-encoding") == null ? AnswerNotes.of(booking, status) : null;
        saysDone = dialect == Dialect.CHAT_COMPLETIONS || dialect == Dialect.COMPLETIONS;
        undelimited = upstream.version() != HttpVersion.HTTP_2
                && upstream.getHeader("content-length") == null
                && !isChunked();
    }

    private boolean isChunked() {
        var coding = upstream.getHeader("transfer-encoding");
        return coding != null && coding.toLowerCase(Locale.ROOT).contains("chunked");
    }

    /**
     * Begins.
     *
     * @param clientModel the client's name for the model, to be put back into the answer; null to leave the engine's
     * @param prefix what the client's path has in front of the engine's
     * @param begun what was read of the body before it was to be passed on
     * @param ended whether that is all of it
     */
    void start(@Nullable String clientModel, String prefix, @Nullable Buffer begun, boolean ended) {
        booking.responseStarted(status, RetryAfter.seconds(upstream.getHeader("retry-after")));
        client.setStatusCode(status);
        Headers.copyToClient(upstream.headers(), client.headers());
        if (!loop.settings().nameEndpoints()) {
            EndpointNames.hide(
                    client.headers(), booking.endpoint(), loop.router().pool().snapshot(), prefix);
        }
        edit = clientModel == null || !mayHaveBody() ? null : restoring(clientModel);
        if (edit != null) {
            client.headers().remove("content-length");
        }
        if (loop.settings().explain()) {
            AnswerHeaders.of(booking, client::putHeader);
        }
        exchange.answer().sign(!mayHaveBody() || client.headers().contains("content-length"), endpoint());
        if (mayHaveBody() && !client.headers().contains("content-length")) {
            client.setChunked(true);
        }
        framable = edit == null && mayHaveBody() && client.isChunked() && isChunked();
        client.drainHandler(v -> resume());
        if (!ended) {
            upstream.exceptionHandler(failure -> broken());
            upstream.endHandler(v -> exchange.step(this, this::end));
            upstream.handler(bytes -> exchange.step(this, () -> chunk(bytes)));
        }
        enqueue();
        if (begun != null && begun.length() > 0) {
            chunk(begun);
        }
        if (ended) {
            end();
        }
    }

    private @Nullable StreamedModelEdit restoring(String model) {
        var format = StreamedModelEdit.Format.of(upstream.getHeader("content-type"));
        if (format == null) {
            return null;
        }
        if (upstream.getHeader("content-encoding") != null) {
            loop.counts().modelNotRestored();
            return null;
        }
        return StreamedModelEdit.ofAnswer(model, format);
    }

    private boolean mayHaveBody() {
        return status != 204
                && status != 304
                && !HttpMethod.HEAD.equals(exchange.request().method());
    }

    private void chunk(Buffer bytes) {
        if (!exchange.isAt(this)) {
            return;
        }
        exchange.touch();
        loop.counts().chunk();
        if (meter != null) {
            var view = Bytes.of(bytes);
            if (view.hasArray()) {
                meter.feed(view.array(), view.arrayOffset() + view.readerIndex(), view.readableBytes());
            } else {
                meter.feed(view.nioBuffer());
            }
        }
        if (notes != null && !notes.done()) {
            byte[] copy = bytes.getBytes(0, Math.min(bytes.length(), AnswerNotes.MOST));
            notes.feed(copy, 0, copy.length);
        }
        append(edit == null ? bytes : restored(edit, bytes));
        if (pending != null && pending.length() >= MOST_PENDING) {
            flush();
        } else {
            enqueue();
        }
    }

    private void append(Buffer bytes) {
        if (pending == null) {
            pending = bytes;
        } else {
            pending.appendBuffer(bytes);
        }
    }

    private static Buffer restored(StreamedModelEdit edit, Buffer bytes) {
        var view = Bytes.of(bytes);
        byte[] edited;
        if (view.hasArray()) {
            edited = edit.edit(view.array(), view.arrayOffset() + view.readerIndex(), view.readableBytes(), false);
        } else {
            edited = edit.edit(bytes.getBytes(), 0, bytes.length(), false);
        }
        return edited == null ? bytes : Buffer.buffer(edited);
    }

    private void enqueue() {
        if (!queued) {
            queued = true;
            loop.writes().add(this);
        }
    }

    /** Writes what is pending, and the head where it is not yet written. */
    @Override
    public void flush() {
        queued = false;
        if (!exchange.isAt(this)) {
            return;
        }
        var bytes = pending;
        pending = null;
        if (bytes != null) {
            loop.counts().write();
            client.write(bytes, null);
        } else if (!client.headWritten() && exchange.answer().delimited() && mayHaveBody()) {
            client.writeHead();
        }
        pauseIfFull();
        if (framable && !paused && client.headWritten() && (notes == null || notes.done())) {
            framable = false;
            framed = FramedRelay.begin(loop, exchange, this, leg, meter);
        }
    }

    /** Writes what is pending, if anything is. */
    void flushPending() {
        if (pending != null) {
            flush();
        }
    }

    /** Has the endpoint not be read while the client takes no more. */
    void pauseIfFull() {
        if (paused || !client.writeQueueFull()) {
            return;
        }
        paused = true;
        loop.counts().pause();
        booking.clientBehind();
        if (framed != null && framed.halt()) {
            return;
        }
        framable = false;
        framed = null;
        upstream.pause();
    }

    private void resume() {
        if (exchange.isAt(this)) {
            exchange.touch();
            if (paused) {
                paused = false;
                if (framed == null || !framed.goOn()) {
                    upstream.resume();
                }
            }
        }
    }

    private void end() {
        if (!exchange.isAt(this)) {
            return;
        }
        if (undelimited && events && saysDone && meter != null && !meter.done()) {
            // an engine that died looks just like this
            broken();
            return;
        }
        if (client.isChunked()) {
            trailers(upstream.trailers());
        }
        if (meter != null) {
            meter.end();
        }
        if (notes != null) {
            notes.end();
        }
        booking.finish(
                status >= 500 ? Outcome.UPSTREAM_ERROR : status >= 400 ? Outcome.REFUSED_BY_ENGINE : Outcome.COMPLETED);
        byte[] rest = edit == null ? null : edit.edit(NOTHING, 0, 0, true);
        if (rest != null) {
            append(Buffer.buffer(rest));
        }
        var last = pending;
        pending = null;
        if (last != null) {
            loop.counts().write();
            client.end(last);
        } else {
            client.end();
        }
        leg.release();
        exchange.relayed(status);
    }

    private void trailers(MultiMap trailers) {
        if (!trailers.isEmpty() && !loop.settings().nameEndpoints()) {
            EndpointNames.hide(
                    trailers, booking.endpoint(), loop.router().pool().snapshot(), "");
        }
        for (Map.Entry<String, String> trailer : trailers) {
            client.trailers().add(trailer.getKey(), trailer.getValue());
        }
    }

    /** What came cannot be passed on: breaks the answer off. */
    @Override
    public void writeFailed() {
        exchange.abort(AbortReason.UPSTREAM_RESET, Outcome.CLIENT_GONE);
    }

    private void broken() {
        if (!exchange.isAt(this)) {
            return;
        }
        if (!client.headWritten()) {
            exchange.fail(Refusals.endpointFailed("The endpoint broke off its answer."), Outcome.UPSTREAM_RESET);
            return;
        }
        if (pending != null) {
            flush();
        }
        exchange.abort(AbortReason.UPSTREAM_RESET, Outcome.UPSTREAM_RESET);
    }

    @Override
    public void look(int silent, long nowNanos) {
        if (silent <= 1) {
            booking.endpoint().health().heard(nowNanos);
        }
    }

    @Override
    public void expire() {
        // where the client takes no more, it is the client that is waited for
        exchange.abort(AbortReason.IDLE, paused ? Outcome.CLIENT_GONE : Outcome.UPSTREAM_RESET);
    }

    @Override
    public void leave(Outcome outcome) {
        booking.finish(outcome);
        leg.cancel();
    }

    @Override
    public Endpoint endpoint() {
        return booking.endpoint();
    }
}
