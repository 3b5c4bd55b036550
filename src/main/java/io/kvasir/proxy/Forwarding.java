package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.BodyEdits;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import org.jspecify.annotations.Nullable;

/** The request is sent to the endpoint booked for it, up to the head of an answer that the client is to have. */
final class Forwarding implements ExchangeState, UpstreamLeg.Listener {
    /** Errors longer than this are passed on unread. */
    private static final int LONGEST_ERROR = 16 << 10;

    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private final RequestBody body;
    private final Booking booking;
    private final RetryPolicy retries;
    /** The model that the client named, where the engine is asked for another. */
    private final @Nullable String clientModel;

    private final UpstreamRequest sent;
    private UpstreamLeg leg;

    Forwarding(ProxyLoop loop, Exchange exchange, RequestPath path, RequestBody body, Request read, Booking booking) {
        this.loop = loop;
        this.exchange = exchange;
        this.path = path;
        this.body = body;
        this.booking = booking;
        retries = new RetryPolicy(booking, loop.counts());
        clientModel = editModel(read);
        sent = UpstreamRequest.of(
                exchange.request(), path.upstream(), exchange.requestId(), exchange.trusted(), body, exchange.trace());
        leg = UpstreamLeg.to(loop, booking.endpoint(), sent, this);
    }

    /** Has the engine read the model that was routed to; the client's name for it where that changes the body. */
    private @Nullable String editModel(Request read) {
        var model = booking.request().model();
        if (model == null || model.isEmpty() || model.equals(read.model())) {
            return null;
        }
        if (!read.opaque()) {
            body.edit(BodyEdits.model(read, model));
            return read.model();
        }
        if (body.length() > 0 && booking.rules().model() != null) {
            loop.counts().modelNotRewritten();
        }
        return null;
    }

    void begin() {
        exchange.touch();
        leg.connect(false);
    }

    private void again(Endpoint endpoint, boolean fresh) {
        leg = UpstreamLeg.to(loop, endpoint, sent, this);
        leg.connect(fresh);
    }

    @Override
    public void moved() {
        exchange.touch();
    }

    @Override
    public void failed(UpstreamLeg from, LegFailure why) {
        exchange.step(this, () -> goOn(why));
    }

    private void goOn(LegFailure why) {
        switch (retries.after(why)) {
            case RetryPolicy.Again next -> again(next.endpoint(), next.fresh());
            case RetryPolicy.GiveUp end -> exchange.fail(end.refusal(), end.outcome());
        }
    }

    @Override
    public void answered(UpstreamLeg from, HttpClientResponse head) {
        exchange.step(this, () -> take(from, head));
    }

    private void take(UpstreamLeg from, HttpClientResponse head) {
        exchange.touch();
        var instead = retries.insteadOf(head, loop.router().nanoTime());
        if (instead != null) {
            from.discard(head);
            again(instead, false);
        } else if (retries.mayOutgrow(head)) {
            readError(from, head);
        } else {
            pass(head, null, false);
        }
    }

    /** Reads an error that may be one that a larger endpoint would not have. */
    private void readError(UpstreamLeg from, HttpClientResponse head) {
        var text = Buffer.buffer();
        head.exceptionHandler(failure -> {
            if (from == leg && exchange.isAt(this)) {
                exchange.fail(Refusals.endpointFailed("The endpoint broke off its answer."), Outcome.UPSTREAM_RESET);
            }
        });
        head.handler(bytes -> {
            if (from == leg && exchange.isAt(this)) {
                exchange.touch();
                text.appendBuffer(bytes);
                if (text.length() > LONGEST_ERROR) {
                    pass(head, text, false);
                }
            }
        });
        head.endHandler(v -> {
            if (from == leg && exchange.isAt(this)) {
                var larger = retries.larger(head.statusCode(), text.toString());
                if (larger == null) {
                    pass(head, text, true);
                } else {
                    from.release();
                    again(larger, false);
                }
            }
        });
    }

    /**
     * The client is to have this answer.
     *
     * @param begun what was read of its body already, null for nothing
     * @param ended whether that is all of it
     */
    private void pass(HttpClientResponse head, @Nullable Buffer begun, boolean ended) {
        body.release();
        exchange.touch();
        var relay = new Relay(loop, exchange, leg, head, booking, path.dialect());
        exchange.become(relay);
        relay.start(clientModel, EndpointNames.prefix(exchange.request().uri(), path.upstream()), begun, ended);
    }

    @Override
    public boolean silenceCounts() {
        return !leg.waits();
    }

    @Override
    public void look(int silent, long nowNanos) {
        var end = leg.look(nowNanos);
        if (end != null) {
            loop.counts().waitEnded(end);
            exchange.fail(end.refusal(), end == WaitEnd.TIMEOUT ? Outcome.FIRST_BYTE_TIMEOUT : Outcome.ENDPOINT_LOST);
        }
    }

    @Override
    public void expire() {
        exchange.fail(
                Refusals.endpointSilent("The endpoint did not take the request in time."), Outcome.UPSTREAM_RESET);
    }

    @Override
    public void leave(Outcome outcome) {
        booking.finish(outcome);
        body.release();
        leg.cancel();
    }

    @Override
    public Endpoint endpoint() {
        return booking.endpoint();
    }
}
