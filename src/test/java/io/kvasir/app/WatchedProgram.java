package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.Faults;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The built program in a small heap over engines that can be made to fail, beside a client that must not feel it. */
abstract class WatchedProgram {
    /** Far above what a starved machine makes of a chat of milliseconds, far below the minutes that faults took. */
    static final Duration MOST_WAITING = Duration.ofSeconds(5);

    /** The heap, and as much again for code, buffers and stacks. */
    static final long MOST_RESIDENT = 1L << 30;

    static final String MOST_HEAP = "-Xmx512m";
    static final long MOST_BUFFERED = 256L << 20;
    static final Duration DRAIN = Duration.ofSeconds(1);
    static final String CHAT = "/v1/chat/completions";
    static final String STEADY = "steady";
    static final String FRAGILE = "fragile";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    static SimulatedPool steady;
    static SimulatedPool fragile;
    static ServedProgram program;
    static Bystander bystander;
    static HttpClient http;
    static boolean stopped;

    @BeforeAll
    static void start() throws Exception {
        stopped = false;
        steady = SimulatedPool.builder()
                .pool("h200=3")
                .model(STEADY)
                .timeScale(10)
                .start();
        fragile = SimulatedPool.builder()
                .pool("h100=2")
                .model(FRAGILE)
                .basePort(ReservedPorts.next(2))
                .timeScale(10)
                .start();
        program = ServedProgram.start(
                folder,
                endpoints(),
                List.of(MOST_HEAP, "-XX:+ExitOnOutOfMemoryError"),
                "--drain-timeout",
                DRAIN.toSeconds() + "s");
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        bystander = new Bystander(program.uri(CHAT), STEADY);
        // the first ones are slow in a program that has just started
        bystander.answers(100);
        bystander.wasServedWithin(Duration.ofMinutes(1));
    }

    static Path endpoints() throws IOException {
        var lines = new ArrayList<String>();
        for (var pool : List.of(steady, fragile)) {
            var file = folder.resolve("part.yaml");
            pool.writeEndpointsFile(file);
            Files.readAllLines(file).stream()
                    .filter(line -> lines.isEmpty() || line.startsWith("  -") || lines.size() == 1)
                    .forEach(lines::add);
        }
        var all = folder.resolve("pool.yaml");
        Files.write(all, lines);
        return all;
    }

    @AfterAll
    static void stop() {
        bystander.close();
        http.close();
        program.close();
        steady.close();
        fragile.close();
    }

    @AfterEach
    void nobodyElseWasHurt() throws Exception {
        for (var pool : List.of(steady, fragile)) {
            for (var engine : pool.endpoints()) {
                pool.faults(engine.name(), Faults.NONE);
            }
        }
        if (stopped) {
            return;
        }
        bystander.answers(5);
        bystander.wasServedWithin(MOST_WAITING);
        assertThat(program.mostResidentBytes()).isLessThan(MOST_RESIDENT);
        // what hostile bodies took is given back
        await().atMost(Duration.ofSeconds(20)).until(() -> buffered() < 1 << 20);
    }

    static double buffered() throws IOException {
        return program.metric("kvasir_proxy_buffered_bytes");
    }

    static void all(SimulatedPool pool, Faults faults) {
        for (var engine : pool.endpoints()) {
            pool.faults(engine.name(), faults);
        }
    }

    /** How many engines of a pool take no connections. */
    static long refusing(SimulatedPool pool) {
        return pool.endpoints().stream()
                .filter(engine -> {
                    try {
                        new RawConnection(engine.port()).close();
                        return false;
                    } catch (IOException refused) {
                        return true;
                    }
                })
                .count();
    }

    /** Sum of a true counter of the engines of a pool. */
    static long sum(SimulatedPool pool, String counter) throws IOException {
        long sum = 0;
        for (var engine : pool.endpoints()) {
            sum += JSON.readTree(pool.state(engine.name())).required(counter).asLong();
        }
        return sum;
    }

    static String chat(String model, String content, String more) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" + more
                + "}";
    }

    static HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(program.uri(path))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(
                request.POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    static RawConnection connection() throws IOException {
        return new RawConnection(program.httpPort());
    }

    /** Begins a stream that goes on until its client leaves, and returns when it has begun. */
    static RawConnection streaming() throws IOException {
        var connection = connection();
        connection.say(RawConnection.post(
                CHAT, chat(STEADY, "endless", ",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":100000")));
        connection.hearUntil("data: ");
        return connection;
    }

    static String direct(SimulatedEndpoint engine, String path) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create(engine.url() + path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    static int mostCached(String chat) throws IOException {
        int most = 0;
        for (var candidate : program.explain(chat).path("candidates")) {
            most = Math.max(most, candidate.path("cachedTokens").asInt());
        }
        return most;
    }

    static void finiteCosts(String chat) throws IOException {
        JsonNode explained = program.explain(chat);
        assertThat(explained.path("candidates")).as(explained.toString()).isNotEmpty();
        assertThat(explained.toString()).doesNotContain("NaN", "Infinity");
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }
}
