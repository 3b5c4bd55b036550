package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the built program's event loops run on. */
class TransportIT {
    private static final String SHOWN = "kvasir_transport_info{transport=";

    @TempDir
    Path folder;

    private HttpServer engine;

    @BeforeEach
    void serveNothing() throws IOException {
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        engine.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes(UTF_8));
            exchange.close();
        });
        engine.start();
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    private ServedProgram start(String... jvm) throws IOException {
        var endpoints = folder.resolve("endpoints.yaml");
        Files.writeString(
                endpoints,
                "endpoints:\n  - {name: a, address: 127.0.0.1, port: "
                        + engine.getAddress().getPort() + "}\n");
        return ServedProgram.start(folder, endpoints, List.of(jvm));
    }

    private static int chat(ServedProgram program) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(program.uri("/v1/chat/completions"))
                                    .header("content-type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(
                                            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    @Test
    void isEpollWhereItsLibraryCanBeLoaded() throws Exception {
        assumeThat(Epoll.isAvailable()).as("epoll can be loaded here").isTrue();
        try (var program = start()) {
            assertThat(chat(program)).isEqualTo(200);
            assertThat(program.metric(SHOWN + "\"epoll\",reason=\"preferred\"")).isEqualTo(1);
        }
    }

    @Test
    void isTheSelectorAndSaidSoWhereTheLibraryCannotBeUnpacked() throws Exception {
        assumeThat(Epoll.isAvailable()).as("epoll could be loaded here").isTrue();
        // no library beside the program, and a folder that nobody can write to
        try (var program = start("-Djava.library.path=" + folder, "-Dio.netty.native.workdir=/proc/self")) {
            assertThat(chat(program)).isEqualTo(200);
            assertThat(program.metric(SHOWN + "\"nio\",reason=\"no-library\"")).isEqualTo(1);
            assertThat(program.printed()).contains("as the library for epoll cannot be loaded: ");
        }
    }
}
