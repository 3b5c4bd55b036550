package io.kvasir.scrape;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Pages recorded from vLLM 0.32 serving a tiny model. */
final class RecordedPages {
    private RecordedPages() {}

    /** A whole metrics page, 60 KB. */
    static byte[] vllm() {
        return read("metrics.txt");
    }

    /** Part of a page of a decode engine behind a NIXL connector. */
    static byte[] decode() {
        return read("metrics_pd_decode_excerpt.txt");
    }

    /** An answer of {@code /v1/models} with its head. */
    static byte[] models() {
        return read("models.http");
    }

    private static byte[] read(String name) {
        try (var in = RecordedPages.class.getResourceAsStream("/vllm-0.32/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
