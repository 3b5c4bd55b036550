package io.kvasir.proxy;

import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Outcome;
import io.vertx.core.buffer.Buffer;

/** The body of a request comes. */
final class ReadingBody implements ExchangeState {
    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private final RequestBody body;

    ReadingBody(ProxyLoop loop, Exchange exchange, RequestPath path, RequestBody body) {
        this.loop = loop;
        this.exchange = exchange;
        this.path = path;
        this.body = body;
    }

    void begin() {
        var crowded = body.begin();
        if (crowded != null) {
            exchange.refuse(crowded);
            return;
        }
        var request = exchange.request();
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            exchange.answer().proceed();
        }
        request.handler(chunk -> exchange.step(this, () -> add(chunk)));
        request.endHandler(v -> exchange.step(this, this::ended));
    }

    private void add(Buffer chunk) {
        exchange.touch();
        exchange.answer().received(chunk.length());
        var error = body.add(chunk);
        if (error != null) {
            exchange.refuse(error);
        }
    }

    private void ended() {
        boolean bodiless = body.length() == 0
                && !UpstreamRequest.hasBody(exchange.request().method());
        Request read;
        try {
            read = bodiless ? Request.withoutBody(path.dialect()) : body.finish();
        } catch (MalformedBodyException e) {
            exchange.refuse(Refusals.malformed(e));
            return;
        }
        var deciding = new Deciding(loop, exchange, path, body, read);
        exchange.become(deciding);
        deciding.begin();
    }

    @Override
    public void expire() {
        exchange.refuse(Refusals.bodyStalled());
    }

    @Override
    public void leave(Outcome outcome) {
        body.release();
    }
}
