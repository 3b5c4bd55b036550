package io.kvasir.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Writes the endpoint file that a router reads its pool from. */
final class EndpointsFile {
    private EndpointsFile() {}

    /** Replaces {@code file} in one move, so that a reader sees all engines or none. */
    static void write(Path file, List<SimulatedEndpoint> endpoints, List<String> adapters) throws IOException {
        var out = new StringBuilder("# written by kvasir simulate\nendpoints:\n");
        for (var e : endpoints) {
            out.append("  - {name: ").append(quote(e.name()));
            out.append(", address: ").append(quote(e.address()));
            out.append(", port: ").append(e.port());
            out.append(", vendor: ").append(quote(e.vendor()));
            out.append(", product: ").append(quote(e.product()));
            if (!e.partition().isEmpty()) {
                out.append(", partition: ").append(quote(e.partition()));
            }
            out.append(", engine: ").append(quote(e.engine()));
            out.append(", model: ").append(quote(e.model()));
            if (!adapters.isEmpty()) {
                out.append(", adapters: [");
                out.append(String.join(
                        ", ", adapters.stream().map(EndpointsFile::quote).toList()));
                out.append(']');
            }
            out.append(", maxModelLen: ").append(e.maxModelLen());
            out.append(", kvTokens: ").append(e.kvTokens());
            if (e.kvEvents() != null) {
                out.append(", kvEvents: ").append(quote(e.kvEvents()));
            }
            out.append("}\n");
        }
        var target = file.toAbsolutePath();
        var parent = target.getParent();
        var part = target.resolveSibling(target.getFileName() + ".part");
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(part, out);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String quote(String value) {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
