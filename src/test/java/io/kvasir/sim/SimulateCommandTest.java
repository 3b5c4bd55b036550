package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Runs the command, told to stop as soon as it is ready. */
    private int run(String... args) {
        return SimulateCommand.run(List.of(args), new PrintWriter(out), new PrintWriter(err), new CountDownLatch(0));
    }

    @Test
    void writesTheEndpointFileAndSaysReady(@TempDir Path dir) throws Exception {
        var file = dir.resolve("pool.yaml");
        int status = run("--pool", "h200=2,mig-1g=1", "--write-endpoints", file.toString(), "--adapters", "a,b");

        assertThat(status).isZero();
        assertThat(out.toString().lines()).hasSize(4).last().asString().startsWith("ready: 3 engines");
        var endpoints = new YAMLMapper().readTree(file.toFile()).path("endpoints");
        assertThat(endpoints).hasSize(3);
        assertThat(endpoints.at("/2/name").asText()).isEqualTo("mig-1g-0");
        assertThat(endpoints.at("/2/partition").asText()).isEqualTo("1g.18gb");
        assertThat(endpoints.at("/0/product").asText()).isEqualTo("NVIDIA-H200");
        assertThat(endpoints.at("/0/port").asInt()).isPositive();
        assertThat(endpoints.at("/0/adapters")).hasSize(2);
        assertThat(endpoints.at("/0/kvTokens").asLong()).isEqualTo(884_000);
        try (var files = Files.list(dir)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aShorterContextIsThatOfTheEndpoints(@TempDir Path dir) throws Exception {
        var file = dir.resolve("pool.yaml");
        int status = run(
                "--pool",
                "h200=1,h100-mig-1g=1",
                "--max-model-len",
                "8192",
                "--write-endpoints",
                file.toString(),
                "--faults",
                "{\"stuck\":true,\"dieOn\":\"x\"}",
                "--api-key",
                "k",
                "--fixed-adapters",
                "--store-responses",
                "--resolve-adapters",
                "team-.*");

        assertThat(status).isZero();
        var endpoints = new YAMLMapper().readTree(file.toFile()).path("endpoints");
        assertThat(endpoints.at("/0/maxModelLen").asInt()).isEqualTo(8192);
        assertThat(endpoints.at("/1/maxModelLen").asInt()).isEqualTo(4096);
    }

    @Test
    void aTakenPortStopsTheStartWithOneLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int status = run("--pool", "h200=1", "--base-port", String.valueOf(taken.getLocalPort()));

            assertThat(status).isEqualTo(1);
            assertThat(err.toString().lines()).singleElement().asString().contains("port " + taken.getLocalPort());
        }
    }

    @Test
    void wrongArgumentsAreRefusedInOneLineWithWhatIsAllowed() {
        for (var args : new String[][] {
            {"--pool", "h2000=1"},
            {"--pool", "h200=many"},
            {"--pool", "h200=1", "--time-scale", "100"},
            {"--pool", "h200=1", "--dialect", "tgi"},
            {"--pool", "h200=1", "--base-port", "70000"},
            {"--pool", "h200=1", "--unknown-flag", "1"},
            {"--pool", "h200=1", "--faults", "{\"slwo\":2}"},
            {"--pool", "h200=1", "--faults", "slow"},
            {"--pool", "h200=1", "--resolve-adapters", "team-["},
            {"--pool", "h200=1", "--max-model-len", "1"},
            {"--pool"},
            {}
        }) {
            err.getBuffer().setLength(0);
            assertThat(run(args)).isEqualTo(2);
            assertThat(err.toString().lines()).singleElement().asString().startsWith("simulate: ");
        }
        run("--pool", "h2000=1");
        assertThat(err.toString()).contains("h2000").contains("mi350x");
    }

    @Test
    void helpListsTheOptions() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("--pool")
                .contains("--write-endpoints")
                .contains("--perturb");
    }
}
