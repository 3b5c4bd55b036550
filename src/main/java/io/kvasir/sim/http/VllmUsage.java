package io.kvasir.sim.http;

/** Usage objects as vLLM 0.32 writes them with {@code --enable-prompt-tokens-details}. */
final class VllmUsage {
    static final String FINGERPRINT = "vllm-0.32.0-51a0c0de";

    private VllmUsage() {}

    private static String counts(Usage usage) {
        return "{\"prompt_tokens\":" + usage.prompt() + ",\"total_tokens\":" + (usage.prompt() + usage.completion())
                + ",\"completion_tokens\":" + usage.completion() + ",\"prompt_tokens_details\":{\"cached_tokens\":"
                + usage.cached() + ",\"created_cache_tokens\":" + usage.created();
    }

    static String whole(Usage usage) {
        return counts(usage) + ",\"multimodal_tokens\":null},\"completion_tokens_details\":null}";
    }

    static String streamed(Usage usage) {
        return counts(usage) + "}}";
    }
}
