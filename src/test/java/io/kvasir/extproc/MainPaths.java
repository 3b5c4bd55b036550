package io.kvasir.extproc;

import static io.kvasir.extproc.GatewayClient.JSON;
import static io.kvasir.extproc.GatewayClient.chat;
import static io.kvasir.extproc.GatewayClient.chatBody;
import static io.kvasir.extproc.GatewayClient.json;
import static io.kvasir.extproc.GatewayClient.models;
import static io.kvasir.extproc.GatewayClient.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.request.Refusal;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The main paths of one configuration. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MainPaths {
    private static final long HEAD_AND_CHUNK_LENGTHS = 4_000;
    private static final String COMPLETED = "kvasir_requests_ended_total{outcome=\"completed\"}";
    private static final String CLIENT_GONE = "kvasir_requests_ended_total{outcome=\"client-gone\"}";
    private static final String OUTPUT_TOKENS = "kvasir_output_tokens_total";

    private final String file;
    private final boolean tls;
    private ThreeEngines engines;
    private Path endpoints;
    private KvasirProcess kvasir;
    private EnvoyProcess envoy;
    private long picked;
    private double completed;
    private double gone;
    private double outputTokens;

    MainPaths(String file, boolean tls) {
        this.file = file;
        this.tls = tls;
    }

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        EnvoyProcess.assumePresent();
        // a prompt of 100,000 tokens is not waited for
        engines = new ThreeEngines(10);
        endpoints = engines.file(directory);
        var ports = KvasirProcess.Ports.free();
        kvasir = KvasirProcess.start(ports, tls, endpoints, directory);
        envoy = EnvoyProcess.start(
                file, ports.grpc(), engines.ports(), false, directory, MainPaths::callingThePickerAsIstioDoes);
        Await.await(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
    }

    private static String callingThePickerAsIstioDoes(String config) {
        return config.replace(
                "          common_tls_context:\n",
                "          sni: \"outbound|9002||llama_epp.inference.svc.cluster.local\"\n          common_tls_context:\n");
    }

    @AfterAll
    void stop() {
        envoy.close();
        kvasir.close();
        engines.close();
    }

    @BeforeEach
    void count() throws IOException {
        picked = kvasir.events(StreamEvent.PICKED);
        completed = kvasir.metric(COMPLETED);
        gone = kvasir.metric(CLIENT_GONE);
        outputTokens = kvasir.metric(OUTPUT_TOKENS);
    }

    /** So many requests were picked and completed with so many tokens, nothing is left over, and Envoy is content. */
    private void assertBooks(int requests, int tokens) throws IOException {
        Await.await(() -> kvasir.metric("kvasir_ext_proc_streams") == 0);
        assertThat(kvasir.metric("kvasir_endpoint_requests_in_flight")).isZero();
        assertThat(kvasir.events(StreamEvent.PICKED) - picked).isEqualTo(requests);
        assertThat(kvasir.metric(COMPLETED) - completed).isEqualTo(requests);
        assertThat(kvasir.metric(OUTPUT_TOKENS) - outputTokens).isEqualTo(tokens);
        assertContent();
    }

    private void assertContent() throws IOException {
        for (var event : new StreamEvent[] {
            StreamEvent.OUT_OF_ORDER,
            StreamEvent.FAILED,
            StreamEvent.SERVED_ELSEWHERE,
            StreamEvent.NO_RESPONSE_PHASE,
            StreamEvent.UNKNOWN_MESSAGE
        }) {
            assertThat(kvasir.events(event)).as(event.code()).isZero();
        }
        assertThat(envoy.stat("http.http.ext_proc.streams_started")).isPositive();
        for (String complaint :
                new String[] {"spurious_msgs_received", "rejected_header_mutations", "streams_failed"}) {
            assertThat(envoy.stat("http.http.ext_proc." + complaint))
                    .as(complaint)
                    .isZero();
        }
    }

    @Test
    void wholeAnswersComeThrough() throws IOException {
        for (int i = 0; i < 6; i++) {
            var answer = json(send(chat(envoy.url(), "hello " + i, false, 5)));
            assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
            assertThat(answer.at("/choices/0/message/content").asText()).isNotEmpty();
        }
        assertBooks(6, 30);
    }

    @Test
    void streamedAnswersComeThroughEventByEvent() throws IOException, InterruptedException {
        var response =
                GatewayClient.HTTP.send(chat(envoy.url(), "hello", true, 20), HttpResponse.BodyHandlers.ofLines());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        var lines = response.body().filter(line -> !line.isEmpty()).toList();
        assertThat(lines).hasSizeGreaterThan(20).allMatch(line -> line.startsWith("data: "));
        assertThat(lines.getLast()).isEqualTo("data: [DONE]");
        assertThat(lines.get(lines.size() - 2)).contains("\"completion_tokens\":20");
        assertBooks(1, 20);
    }

    @Test
    void requestsWithoutBodyArePicked() throws IOException {
        var models = json(send(models(envoy.url())));
        assertThat(models.at("/data/0/id").asText()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
        assertBooks(1, 0);
    }

    @Test
    void aMegabyteArrivesWhole() throws IOException {
        // as much of it prompt as an engine takes, the rest a field that nobody reads
        var body = (ObjectNode) JSON.readTree(chatBody("All the words there are. ".repeat(20_000), false, 1));
        byte[] bytes = JSON.writeValueAsBytes(body.put("note", "Not for you. ".repeat(45_000)));
        assertThat(bytes.length).isGreaterThan(1_000_000);
        var direct = json(send(chat(engines.url(), bytes)));
        long sent = envoy.stat("cluster.engines.upstream_cx_tx_bytes_total");

        var routed = json(send(chat(envoy.url(), bytes)));

        // a byte lost or twice would break the JSON or change a count
        assertThat(routed.at("/usage/prompt_tokens")).isEqualTo(direct.at("/usage/prompt_tokens"));
        assertThat(envoy.stat("cluster.engines.upstream_cx_tx_bytes_total") - sent)
                .isBetween((long) bytes.length, bytes.length + HEAD_AND_CHUNK_LENGTHS);
        assertBooks(1, 1);
    }

    @Test
    void clientsThatHangUpLeaveNothingBehind() throws IOException, InterruptedException {
        HttpResponse<InputStream> response = GatewayClient.HTTP.send(
                chat(envoy.url(), "hello", true, 100_000), HttpResponse.BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).startsWith("data: ");
            assertThat(kvasir.metric("kvasir_endpoint_requests_in_flight")).isEqualTo(1);
        }
        Await.await(() -> kvasir.metric(CLIENT_GONE) == gone + 1);
        assertThat(kvasir.metric("kvasir_endpoint_requests_in_flight")).isZero();
        Await.await(() -> kvasir.metric("kvasir_ext_proc_streams") == 0);
        assertContent();
    }

    @Test
    void clientsThatLeaveBeforeTheAnswerLeaveNothingBehind() throws IOException {
        // an answer in one piece that would take a quarter of an hour
        var asked = GatewayClient.HTTP.sendAsync(
                chat(envoy.url(), "hello", false, 100_000), HttpResponse.BodyHandlers.ofString());
        Await.await(() -> kvasir.metric("kvasir_endpoint_requests_in_flight") == 1);
        assertThat(asked.cancel(true)).isTrue();
        Await.await(() -> kvasir.metric(CLIENT_GONE) == gone + 1);
        assertThat(kvasir.metric("kvasir_endpoint_requests_in_flight")).isZero();
        Await.await(() -> kvasir.metric("kvasir_ext_proc_streams") == 0);
        assertContent();
    }

    @Test
    void badRequestsAreAnsweredByThePicker() throws IOException {
        var response = send(HttpRequest.newBuilder(URI.create(envoy.url() + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",]"))
                .build());
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue(Refusal.REASON_HEADER)).hasValue("body-malformed");
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(JSON.readTree(response.body()).at("/error/message").asText()).contains("byte 13");
        assertContent();
    }

    /** The same request, which does not wait for minutes until there may be an endpoint again. */
    private static HttpRequest impatient(HttpRequest request) {
        return HttpRequest.newBuilder(request, (_, _) -> true)
                .header("x-llm-d-inference-ttl", "100ms")
                .build();
    }

    @Test
    void aPoolThatEmptiesAndFillsIsFollowed() throws IOException {
        String full = Files.readString(endpoints);
        Files.writeString(endpoints, "endpoints: []\n");
        Await.await(() -> GatewayClient.status(impatient(chat(envoy.url(), "hello", false, 1))) == 503);
        assertThat(send(impatient(models(envoy.url()))).headers().firstValue(Refusal.REASON_HEADER))
                .hasValue("rejected-no-endpoints");
        Files.writeString(endpoints, full);
        Await.await(() -> GatewayClient.status(chat(envoy.url(), "hello", false, 1)) == 200);
        Await.await(() -> kvasir.metric("kvasir_ext_proc_streams") == 0);
        assertContent();
    }
}
