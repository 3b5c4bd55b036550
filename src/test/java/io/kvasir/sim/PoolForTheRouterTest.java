package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.discovery.EndpointFileParser;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.HardwareClass;
import io.kvasir.sim.engine.HardwareProfiles;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the simulator promises those who route to it. */
class PoolForTheRouterTest {
    @Test
    void theRouterReadsTheFileAndKnowsTheHardwareOfEveryDevice(@TempDir Path dir) throws Exception {
        var names = HardwareProfiles.load().devices().keySet();
        var file = dir.resolve("endpoints.yaml");
        try (var pool = SimulatedPool.builder().pool(String.join(",", names)).start()) {
            pool.writeEndpointsFile(file);
            var contents = EndpointFileParser.parse("endpoints.yaml", Files.readAllBytes(file));

            assertThat(contents.unknownKeys().lines()).isEmpty();
            assertThat(contents.endpoints()).hasSize(names.size());
            var catalogue = HardwareCatalogue.load();
            for (var spec : contents.endpoints()) {
                assertThat(catalogue.classOf(spec)).as(spec.name()).isNotEqualTo(HardwareClass.unknown());
            }
        }
    }

    @Test
    void onePoolSpeaksTwoDialects() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h200=1,mi350x:sglang=1").start()) {
            assertThat(pool.endpoints()).extracting(SimulatedEndpoint::engine).containsExactly("vllm", "sglang");
            var sglang = new SimClient(pool.endpoints().get(1));
            assertThat(sglang.get("/metrics").body()).contains("sglang:num_running_reqs");
            var vllm = new SimClient(pool.endpoints().get(0));
            assertThat(vllm.get("/metrics").body()).contains("vllm:num_requests_running");
        }
    }

    @Test
    void theFullMetricsPageHasTheRestOfVllmsFamilies() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h200=1").fullMetrics(true).start()) {
            var page =
                    new SimClient(pool.endpoints().getFirst()).get("/metrics").body();
            for (var family : new String[] {
                "request_prompt_tokens",
                "request_generation_tokens",
                "iteration_tokens_total",
                "request_params_n",
                "request_params_max_tokens",
                "request_max_num_generation_tokens",
                "request_time_per_output_token_seconds",
                "request_inference_time_seconds",
                "request_prefill_time_seconds",
                "request_decode_time_seconds",
                "request_num_preemptions",
                "request_prefill_kv_computed_tokens"
            }) {
                assertThat(page).contains("# TYPE vllm:" + family + " histogram");
            }
            assertThat(page)
                    .contains("vllm:mm_cache_queries_total{")
                    .contains("vllm:prompt_tokens_cached_by_source_total{engine=\"0\"");
        }
    }

    @Test
    void aStreamIntervalBundlesTokensAfterTheFirst() throws Exception {
        try (var pool = SimulatedPool.builder()
                .pool("h200=1")
                .timeScale(10)
                .streamInterval(4)
                .start()) {
            var client = new SimClient(pool.endpoints().getFirst());
            var request = "{\"prompt\":\"tell\",\"max_tokens\":11,\"ignore_eos\":true,\"stream\":true}";
            var events = client.events(client.post("/v1/completions", request));
            var lengths = new ArrayList<Integer>();
            var text = new StringBuilder();
            for (var event : events.subList(0, events.size() - 1)) {
                var piece = SimClient.JSON.readTree(event).at("/choices/0/text").asText();
                lengths.add(piece.length() / 4);
                text.append(piece);
            }

            assertThat(lengths).containsExactly(1, 4, 4, 2);
            var whole = client.post("/v1/completions", request.replace("true}", "false}"));
            assertThat(client.json(whole).at("/choices/0/text").asText()).isEqualTo(text.toString());
        }
    }

    @Test
    void aBodyOverTheLimitIsRefusedBeforeItIsSent() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h200=1").start();
                var socket = new Socket(
                        InetAddress.getLoopbackAddress(),
                        pool.endpoints().getFirst().port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            var answer = new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8);
            assertThat(answer.readAllAsString()).startsWith("HTTP/1.1 413").contains("\"error\"");
        }
    }
}
