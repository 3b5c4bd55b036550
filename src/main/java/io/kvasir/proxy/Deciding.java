package io.kvasir.proxy;

import io.kvasir.request.Refusal;
import io.kvasir.request.Request;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Outcome;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.StoredObject;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.traffic.RoutingHeader;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The request was read, and it is to be said where it goes, at once or after a wait. Its body stays held.
 */
final class Deciding implements ExchangeState, Waiter {
    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private final RequestBody body;
    private final Request request;
    private final RoutingHints hints;
    private @Nullable Waiting waiting;

    Deciding(ProxyLoop loop, Exchange exchange, RequestPath path, RequestBody body, Request read) {
        this.loop = loop;
        this.exchange = exchange;
        this.path = path;
        this.body = body;
        var said = exchange.said();
        request = read.withHeaders(said.headers().withRequestId(exchange.requestId()));
        hints = RoutingHints.builder()
                .pathModel(path.model())
                .rewrite(said.value(RoutingHeader.REWRITE))
                .stored(StoredObject.of(path.upstream()))
                .trace(exchange.trace())
                .build();
    }

    void begin() {
        var routing = loop.router().route(body.handOver(), request, hints, this);
        if (routing instanceof Waiting begun) {
            waiting = begun;
        } else {
            decided((Routing.Decided) routing);
        }
    }

    @Override
    public void execute(Runnable task) {
        loop.run(() -> exchange.step(task));
    }

    @Override
    public boolean evictable() {
        return exchange.evictable();
    }

    @Override
    public void evict(Refusal refusal) {
        if (exchange.evictable()) {
            exchange.fail(refusal, Outcome.EVICTED);
        }
    }

    @Override
    public List<ByteBuffer> body() {
        return body.received();
    }

    @Override
    public boolean search(StoredObject object, Runnable done) {
        return loop.holders().search(object, exchange.request().getHeader("authorization"), done);
    }

    @Override
    public void decided(Routing.Decided routing) {
        waiting = null;
        body.decided();
        if (routing instanceof Routing.Refused refused) {
            exchange.refuse(refused.refusal());
        } else {
            var booked = (Routing.Booked) routing;
            var forwarding = new Forwarding(loop, exchange, path, body, request, booked.booking());
            exchange.become(forwarding);
            forwarding.begin();
        }
    }

    @Override
    public boolean silenceCounts() {
        return false;
    }

    @Override
    public void look(int silent, long nowNanos) {
        if (waiting != null) {
            waiting.expire(nowNanos);
        }
    }

    @Override
    public void expire() {
        // what is waited for has a deadline of its own
    }

    @Override
    public void leave(Outcome outcome) {
        if (waiting != null) {
            waiting.cancel();
            waiting = null;
        }
        body.release();
    }
}
