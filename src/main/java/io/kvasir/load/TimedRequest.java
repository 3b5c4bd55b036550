package io.kvasir.load;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import org.jspecify.annotations.Nullable;

/** One request of a {@link LoadClient} from sending to its end. Confined to the client's event loop. */
final class TimedRequest {
    private static final String ENDPOINT_HEADER = "x-kvasir-endpoint";
    private static final int OK = 200;

    private final int index;
    private final TraceRequest request;
    private final long intendedNanos;
    private final LoadClient client;
    private final StreamScanner stream = new StreamScanner();
    private @Nullable HttpClientRequest http;
    private String endpoint = "";
    private long sentNanos;
    private long firstNanos = -1;
    private long lastNanos;
    private int events;
    private boolean ended;

    TimedRequest(int index, TraceRequest request, long intendedNanos, LoadClient client) {
        this.index = index;
        this.request = request;
        this.intendedNanos = intendedNanos;
        this.client = client;
    }

    void start(HttpClient pool, RequestOptions options, byte[] body) {
        sentNanos = client.now();
        pool.request(options).onComplete(connected -> {
            if (connected.failed()) {
                end("connect failed");
                return;
            }
            http = connected.result();
            if (ended) {
                http.reset();
                return;
            }
            http.send(Buffer.buffer(body)).onComplete(answered -> {
                if (answered.failed()) {
                    end("connection lost");
                } else {
                    read(answered.result());
                }
            });
        });
    }

    private void read(HttpClientResponse response) {
        var by = response.getHeader(ENDPOINT_HEADER);
        endpoint = by == null ? "" : by;
        int status = response.statusCode();
        response.exceptionHandler(_ -> end("connection lost"));
        if (status != OK) {
            response.endHandler(_ -> end("status " + status));
            return;
        }
        response.handler(bytes -> arrived(stream.feed(bytes.getBytes())));
        response.endHandler(_ -> end(judge()));
    }

    private void arrived(int count) {
        if (count == 0 || ended) {
            return;
        }
        long now = client.now();
        if (events == 0) {
            firstNanos = now;
        } else {
            client.gap(now - lastNanos);
        }
        for (int i = 1; i < count; i++) {
            client.gap(0);
        }
        events += count;
        lastNanos = now;
    }

    private String judge() {
        if (stream.failed()) {
            return "error in stream";
        }
        if (!stream.done()) {
            return "cut off";
        }
        return tokens() == request.outputTokens() ? Sample.COMPLETE : "wrong length";
    }

    private int tokens() {
        return stream.completionTokens() < 0 ? events : stream.completionTokens();
    }

    /** Gives the request up. */
    void abandon() {
        end(Sample.UNFINISHED);
        if (http != null) {
            http.reset();
        }
    }

    private void end(String outcome) {
        if (ended) {
            return;
        }
        ended = true;
        client.ended(
                this,
                new Sample(
                        index,
                        request,
                        intendedNanos,
                        sentNanos,
                        firstNanos,
                        client.now(),
                        tokens(),
                        stream.promptTokens(),
                        stream.cachedTokens(),
                        endpoint,
                        outcome));
    }
}
