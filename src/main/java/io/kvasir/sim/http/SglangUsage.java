package io.kvasir.sim.http;

/** Usage objects as SGLang writes them with {@code --enable-cache-report}. */
final class SglangUsage {
    private SglangUsage() {}

    static String of(Usage usage) {
        return "{\"prompt_tokens\":" + usage.prompt() + ",\"total_tokens\":" + (usage.prompt() + usage.completion())
                + ",\"completion_tokens\":" + usage.completion() + ",\"prompt_tokens_details\":{\"cached_tokens\":"
                + usage.cached() + "},\"reasoning_tokens\":0}";
    }
}
