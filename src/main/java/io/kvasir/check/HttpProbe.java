package io.kvasir.check;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Asks for pages over plain HTTP/1.1, as the scraper does, within bounds of time and size. */
final class HttpProbe implements AutoCloseable {
    private static final int MOST_BYTES = 4 << 20;

    private final HttpClient client;
    private final Duration timeout;

    /** An answer whose body is complete. */
    record Answer(int status, byte[] body) {}

    HttpProbe(Duration timeout) {
        this.timeout = timeout;
        client = HttpClient.newBuilder()
                .version(Version.HTTP_1_1)
                .followRedirects(Redirect.NEVER)
                .connectTimeout(timeout)
                .proxy(ProxySelector.of(null))
                .build();
    }

    /**
     * Asks.
     *
     * @param authority {@code host:port}
     * @throws IOException if there is no complete answer in time, or one of more than 4 MiB
     */
    Answer get(String authority, String path) throws IOException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(URI.create("http://" + authority + path))
                    .timeout(timeout)
                    .header("user-agent", "kvasir-check")
                    .GET()
                    .build();
        } catch (IllegalArgumentException e) {
            throw new IOException(authority + " is no address that can be asked", e);
        }
        var response = Bounded.call(
                timeout, () -> client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES)));
        return new Answer(response.statusCode(), response.body());
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
