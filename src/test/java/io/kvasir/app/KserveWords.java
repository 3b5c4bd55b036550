package io.kvasir.app;

import java.util.ArrayList;
import java.util.List;

/**
 * The words with which KServe's template for {@code LLMInferenceService} starts a picker, in its order: what it switches off
 * is an empty word.
 *
 * @param words from the picker's own flags on
 */
public record KserveWords(List<String> words) {

    /**
     * The words for a service.
     *
     * @param tls whether the platform's certificates are on
     * @param rewritten whether the controller moved how engines are read into the configuration (from version 0.10 on)
     * @param certificates where they are mounted
     * @param grpc port of the picker
     * @param health port of its health
     */
    public static KserveWords of(boolean tls, boolean rewritten, String certificates, int grpc, int health) {
        var words = new ArrayList<>(List.of(
                "--pool-name",
                "pool",
                "--pool-namespace",
                "llm",
                "--zap-encoder",
                "json",
                "--grpc-port",
                "" + grpc,
                "--grpc-health-port",
                "" + health));
        words.add(tls ? "--enable-cert-reload=true" : "");
        words.add(tls ? "--secure-serving=true" : "--secure-serving=false");
        words.add(tls && !rewritten ? "--model-server-metrics-scheme=https" : "");
        words.add(tls ? "--cert-path=" + certificates : "");
        return new KserveWords(List.copyOf(words));
    }

    /** With what the controller appends. */
    public KserveWords and(String... more) {
        var all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return new KserveWords(List.copyOf(all));
    }

    String[] array() {
        return words.toArray(String[]::new);
    }
}
