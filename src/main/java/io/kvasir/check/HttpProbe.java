package io.kvasir.check;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.scrape.Http2Probe;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks engines for pages in plaintext, as the scraper does, within bounds of time and size. */
final class HttpProbe implements AutoCloseable {
    private static final int MOST_BYTES = 64 << 20;

    private final HttpClient client;
    private final Http2Probe http2;
    private final @Nullable ApiKey key;
    private final Duration timeout;

    /** An answer whose body is complete. */
    record Answer(int status, byte[] body) {}

    /** @param key for engines that have none of their own; null for none */
    HttpProbe(Duration timeout, @Nullable ApiKey key) {
        this.timeout = timeout;
        this.key = key;
        http2 = new Http2Probe(timeout);
        client = HttpClient.newBuilder()
                .version(Version.HTTP_1_1)
                .followRedirects(Redirect.NEVER)
                .connectTimeout(timeout)
                .proxy(ProxySelector.of(null))
                .build();
    }

    /**
     * Sends JSON to an endpoint's API, in HTTP/1.1.
     *
     * @throws IOException if there is no complete answer in time, or one of more than 64 MiB
     */
    Answer post(Endpoint endpoint, String path, byte[] json) throws IOException {
        var spec = endpoint.spec();
        var builder = request(spec, spec.port(), path).header("content-type", "application/json");
        return answer(builder.POST(HttpRequest.BodyPublishers.ofByteArray(json)).build());
    }

    private HttpRequest.Builder request(EndpointSpec spec, int port, String path) throws IOException {
        String authority = EndpointSpec.hostPort(spec.address(), port);
        try {
            var builder = HttpRequest.newBuilder(URI.create("http://" + authority + path))
                    .timeout(timeout)
                    .header("user-agent", "kvasir-check");
            var secret = spec.apiKey() == null ? key : spec.apiKey();
            if (secret != null) {
                builder.header("authorization", secret.authorization());
            }
            return builder;
        } catch (IllegalArgumentException e) {
            throw new IOException(authority + " is no address that can be asked", e);
        }
    }

    private Answer answer(HttpRequest request) throws IOException {
        var response = Bounded.call(
                timeout, () -> client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES)));
        return new Answer(response.statusCode(), response.body());
    }

    /**
     * Asks, in the protocol that the endpoint speaks where the port is that of its API.
     *
     * @throws IOException if there is no complete answer in time, or one of more than 64 MiB
     */
    Answer get(Endpoint endpoint, int port, String path) throws IOException {
        var spec = endpoint.spec();
        var secret = spec.apiKey() == null ? key : spec.apiKey();
        if (endpoint.protocol() == EngineProtocol.H2C && port == spec.port()) {
            var answer = http2.get(spec.address(), port, path, secret);
            return new Answer(answer.status(), answer.body());
        }
        return answer(request(spec, port, path).GET().build());
    }

    @Override
    public void close() {
        http2.close();
        client.shutdownNow();
    }
}
