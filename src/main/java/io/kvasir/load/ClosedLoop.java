package io.kvasir.load;

import java.util.concurrent.atomic.AtomicInteger;

/** Keeps a number of requests in flight: each that ends sends the next. */
final class ClosedLoop {
    private final Trace trace;
    private final ChatBody bodies;
    private final LoadClient client;
    private final Collector samples = new Collector();
    private final AtomicInteger next = new AtomicInteger();

    /** A loop over a trace's requests in order, once. */
    ClosedLoop(Trace trace, ChatBody bodies, LoadClient client) {
        this.trace = trace;
        this.bodies = bodies;
        this.client = client;
        client.onSample(sample -> {
            sendNext();
            samples.add(sample);
        });
    }

    /** Sends the first {@code concurrency} requests; the others follow by themselves. */
    Collector start(int concurrency) {
        for (int i = 0; i < concurrency; i++) {
            sendNext();
        }
        return samples;
    }

    private void sendNext() {
        int i = next.getAndIncrement();
        if (i < trace.requests().size()) {
            var request = trace.requests().get(i);
            client.send(i, request, client.now(), bodies.of(request));
        }
    }
}
