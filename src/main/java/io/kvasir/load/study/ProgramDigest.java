package io.kvasir.load.study;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A short word for the code that a run is made by: two programs that could decide otherwise have different ones. Made of the
 * bytes of classes and tables, so that a program that was changed and not named anew is told apart too.
 */
final class ProgramDigest {
    /** What simulated engines do and what is asked of them. */
    private static final List<String> ENGINES =
            List.of("io/kvasir/sim/engine", "io/kvasir/load/replay", "io/kvasir/load/workload", "sim");

    /** What decides. */
    private static final List<String> ROUTER = List.of(
            "io/kvasir/cost",
            "io/kvasir/schedule",
            "io/kvasir/route",
            "io/kvasir/admission",
            "io/kvasir/prefix",
            "io/kvasir/pool",
            "io/kvasir/request",
            "hardware-catalogue.txt",
            "hardware-labels.txt",
            "model-catalogue.txt");

    private static final int BYTES = 6;

    private static @Nullable String engines;
    private static @Nullable String runs;

    private ProgramDigest() {}

    /** Of capacities, which simulated engines and what is asked of them make. */
    static synchronized String ofEngines() {
        if (engines == null) {
            engines = of(root(), List.of(ENGINES));
        }
        return engines;
    }

    /** Of runs. */
    static synchronized String ofRuns() {
        if (runs == null) {
            runs = of(root(), List.of(ENGINES, ROUTER));
        }
        return runs;
    }

    private static Path root() {
        try {
            var source = ProgramDigest.class.getProtectionDomain().getCodeSource();
            return source == null || source.getLocation() == null
                    ? Path.of("")
                    : Path.of(source.getLocation().toURI());
        } catch (URISyntaxException | IllegalArgumentException e) {
            // not files: nothing to tell them apart by
            return Path.of("");
        }
    }

    /**
     * The digest of what lies below a folder or in a jar.
     *
     * @param parts folders and files there; those that are missing count as empty
     */
    static String of(Path root, List<List<String>> parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            if (Files.isDirectory(root)) {
                add(digest, root, parts);
            } else if (Files.isRegularFile(root)) {
                try (var jar = FileSystems.newFileSystem(root)) {
                    add(digest, jar.getPath("/"), parts);
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
        } catch (IOException e) {
            return "unread";
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static void add(MessageDigest digest, Path root, List<List<String>> parts) throws IOException {
        for (var some : parts) {
            for (String part : some) {
                var from = root.resolve(part);
                if (!Files.exists(from)) {
                    continue;
                }
                try (var files = Files.walk(from)) {
                    for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                        digest.update(root.relativize(file).toString().getBytes(UTF_8));
                        digest.update(Files.readAllBytes(file));
                    }
                }
            }
        }
    }
}
