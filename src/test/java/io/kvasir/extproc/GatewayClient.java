package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.sim.SimulatedPool;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** What a client of a gateway sends and reads. */
final class GatewayClient {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private GatewayClient() {}

    static HttpRequest chat(String url, String content, boolean stream, int tokens) throws IOException {
        return chat(url, chatBody(content, stream, tokens));
    }

    static HttpRequest chat(String url, byte[] body) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    static byte[] chatBody(String content, boolean stream, int tokens) throws IOException {
        var body = JSON.createObjectNode()
                .put("model", SimulatedPool.DEFAULT_MODEL)
                .put("stream", stream)
                .put("ignore_eos", true)
                .put("max_tokens", tokens);
        body.putArray("messages").addObject().put("role", "user").put("content", content);
        if (stream) {
            body.putObject("stream_options").put("include_usage", true);
        }
        return JSON.writeValueAsBytes(body);
    }

    static HttpRequest models(String url) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/models")).build();
    }

    static HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    static int status(HttpRequest request) throws IOException {
        return send(request).statusCode();
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }
}
