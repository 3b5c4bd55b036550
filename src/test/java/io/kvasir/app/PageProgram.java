package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The built program with its management port, for pages and pictures of it. */
final class PageProgram implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    /** It lives for seconds, beside a browser: what compiles much or collects on many threads only takes cores away. */
    private static final List<String> CHEAP = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private static final Pattern READY = Pattern.compile("Kvasir is ready: .*management port ([1-9][0-9]*)");

    private final Process process;
    private final Path folder;
    private final int port;

    /**
     * Starts it and waits until it is ready.
     *
     * @param folder for what it prints; made
     * @param port of the management port; 0 for any
     */
    PageProgram(Path folder, int port, Map<String, String> environment, String subcommand, String... flags)
            throws IOException {
        this.folder = Files.createDirectories(folder);
        var all = new ArrayList<>(List.of("--mode=proxy", "--http-port=0", "--metrics-port=" + port));
        all.addAll(List.of(flags));
        var builder = BuiltProgram.printingTo(folder, BuiltProgram.run(CHEAP, subcommand, all));
        builder.environment().putAll(environment);
        process = builder.start();
        await().atMost(START)
                .until(() -> !process.isAlive() || READY.matcher(printed()).find());
        assertThat(process.isAlive()).as(this::printed).isTrue();
        var said = READY.matcher(printed());
        assertThat(said.find()).as(this::printed).isTrue();
        this.port = Integer.parseInt(said.group(1));
    }

    /** What it printed. */
    String printed() {
        return BuiltProgram.printed(folder);
    }

    int port() {
        return port;
    }

    /** An address of its management port. */
    URI at(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
