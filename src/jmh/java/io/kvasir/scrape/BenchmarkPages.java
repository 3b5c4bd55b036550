package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Pages of the sizes that benchmarks quote, made of one recorded from vLLM 0.32. */
final class BenchmarkPages {
    private BenchmarkPages() {}

    /** The recorded page, 60 KB. */
    static byte[] full() {
        try (var in = BenchmarkPages.class.getResourceAsStream("/vllm-0.32/metrics.txt")) {
            if (in == null) {
                throw new IllegalStateException("metrics.txt is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The recorded page without most of its histogram buckets: 17 KB, all wanted families in it. */
    static byte[] small() {
        var lines = new String(full(), StandardCharsets.UTF_8).lines().toList();
        int rest = 17_000
                - lines.stream()
                        .filter(BenchmarkPages::wanted)
                        .mapToInt(line -> line.length() + 1)
                        .sum();
        var page = new StringBuilder();
        for (String line : lines) {
            if (wanted(line)) {
                page.append(line).append('\n');
            } else if (rest > line.length()) {
                page.append(line).append('\n');
                rest -= line.length() + 1;
            }
        }
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static boolean wanted(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        return EngineMetrics.of(EngineKind.VLLM).families().match(bytes, 0, bytes.length) >= 0;
    }
}
