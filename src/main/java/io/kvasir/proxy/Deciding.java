package io.kvasir.proxy;

import io.kvasir.request.Request;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Outcome;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.StoredObject;
import io.kvasir.traffic.RoutingHeader;

/**
 * The request was read, and it is to be said where it goes: maybe once its holder was searched for, or lists of models were
 * read. Its body stays held.
 */
final class Deciding implements ExchangeState {
    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private final RequestBody body;
    private final Request request;
    private final RoutingHints hints;

    Deciding(ProxyLoop loop, Exchange exchange, RequestPath path, RequestBody body, Request read) {
        this.loop = loop;
        this.exchange = exchange;
        this.path = path;
        this.body = body;
        var said = exchange.said();
        request = read.withHeaders(said.headers().withRequestId(exchange.requestId()));
        hints = RoutingHints.NONE
                .withPathModel(path.model())
                .withRewrite(said.value(RoutingHeader.REWRITE))
                .withStored(StoredObject.of(path.upstream()));
    }

    void begin() {
        var stored = hints.stored();
        var kept =
                stored != null && stored.id() != null ? stored : StoredObject.namedInBody(request.previousResponseId());
        boolean searching = kept != null
                && loop.holders()
                        .search(
                                kept,
                                exchange.request().getHeader("authorization"),
                                () -> exchange.step(this, this::decide));
        if (!searching) {
            decide();
        }
    }

    /** Has the router decide, maybe once lists of models were read. */
    private void decide() {
        var router = loop.router();
        Runnable again = () -> decided(router.route(body.handOver(), request, hints));
        var routing = router.route(body.reading(), request, hints, () -> loop.run(() -> exchange.step(this, again)));
        if (routing != null) {
            body.handOver();
            decided(routing);
        }
    }

    private void decided(Routing routing) {
        switch (routing) {
            case Routing.Refused refused -> exchange.refuse(refused.refusal());
            case Routing.Booked booked -> {
                var forwarding = new Forwarding(loop, exchange, path, body, request, booked.booking());
                exchange.become(forwarding);
                forwarding.begin();
            }
        }
    }

    @Override
    public boolean silenceCounts() {
        return false;
    }

    @Override
    public void expire() {
        // who is waited for answers in a bounded time
    }

    @Override
    public void leave(Outcome outcome) {
        body.release();
    }
}
