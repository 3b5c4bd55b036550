package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.Output;
import io.kvasir.sim.engine.Prompt;
import io.kvasir.sim.engine.PromptBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns the body of a request to a model into a {@link GenerationRequest}, or the error that vLLM answers. */
final class RequestReader {
    private static final int MAX_CHOICES = 128;
    private static final int MAX_PROMPTS = 1024;

    private final EngineConfig config;
    private final EngineLimits limits;
    private final Adapters adapters;
    private final ResponseStore store;

    RequestReader(EngineConfig config, Adapters adapters, ResponseStore store) {
        this.config = config;
        this.limits = config.limits();
        this.adapters = adapters;
        this.store = store;
    }

    /** Reads a request that came by that API; {@code given} is what the client sent. */
    GenerationRequest read(JsonNode given, Api api) throws EngineError {
        var model = model(given);
        var adapter = model.equals(config.model()) ? null : model;
        var body = converted(given, api);
        boolean chat = body.path("messages").isArray() || api == Api.CHAT;
        var tool = chat && !api.pools() ? ToolCall.demanded(body) : null;
        var namespace = (adapter == null ? "" : adapter) + "\n"
                + body.path("cache_salt").asText("");
        var choices = new ArrayList<GenerationRequest.Choice>();
        int n = number(body, "n", 1, 1, MAX_CHOICES);
        long seed = body.path("seed").asLong(0);
        for (var prompt : prompts(body, api, chat, namespace)) {
            for (int i = 0; i < n; i++) {
                var output = api.pools() ? pooled(prompt, api) : output(body, prompt, tool, seed * 31 + i);
                choices.add(new GenerationRequest.Choice(prompt, output));
            }
        }
        return new GenerationRequest(
                api,
                body,
                model,
                adapter,
                !api.pools() && body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false)
                        || body.path("stream_include_usage").asBoolean(false),
                n,
                limit(body),
                List.copyOf(choices),
                tool);
    }

    /** The model or adapter that the body names, the base model if none. */
    String model(JsonNode body) throws EngineError {
        var model = body.path("model").asText("");
        if (model.isEmpty() || model.equals(config.model()) || adapters.serve(model)) {
            return model.isEmpty() ? config.model() : model;
        }
        throw new EngineError(404, "NotFoundError", "model", "The model `" + model + "` does not exist.");
    }

    private JsonNode converted(JsonNode body, Api api) throws EngineError {
        return switch (api) {
            case RESPONSES ->
                Conversion.responses(
                        body,
                        store.conversation(body.path("previous_response_id").textValue()));
            case MESSAGES -> Conversion.messages(body, false);
            case TOKENS -> Conversion.tokens(body);
            case GENERATE -> Conversion.generate(body);
            default -> body;
        };
    }

    private List<Prompt> prompts(JsonNode body, Api api, boolean chat, String namespace) throws EngineError {
        if (chat) {
            return List.of(chat(body, namespace));
        }
        return switch (api) {
            case TRANSCRIPTIONS -> List.of(audio(body, namespace));
            case SCORE, RERANK -> pairs(body, api, namespace);
            case EMBEDDINGS, POOLING, CLASSIFY -> prompts(body, "input", namespace);
            default -> prompts(body, "prompt", namespace);
        };
    }

    private PromptBuilder builder(String namespace) {
        return new PromptBuilder(limits.blockSize(), namespace, config.options().events() != null);
    }

    private Prompt audio(JsonNode form, String namespace) {
        var prompt = builder(namespace);
        ChatTemplate.audio(form.path("digest").asInt(), form.path("seconds").asInt(), prompt);
        prompt.text(form.path("prompt").asText(""));
        return prompt.build();
    }

    private List<Prompt> pairs(JsonNode body, Api api, String namespace) throws EngineError {
        var left = api == Api.RERANK ? body.path("query") : first(body, "text_1", "queries", "data_1");
        var right = api == Api.RERANK ? body.path("documents") : first(body, "text_2", "documents", "items", "data_2");
        int lefts = left.isArray() ? left.size() : 1;
        int rights = right.isArray() ? right.size() : 1;
        if (left.isMissingNode() || right.isMissingNode() || lefts == 0 || rights == 0) {
            throw EngineError.badRequest("input", "a query and at least one document are required");
        }
        if (lefts != 1 && lefts != rights) {
            throw EngineError.badRequest("input", "Input lengths must be either 1:1, 1:N or N:N");
        }
        var prompts = new ArrayList<Prompt>();
        for (int i = 0; i < rights; i++) {
            var prompt = builder(namespace);
            ChatTemplate.begin(prompt);
            prompt.text(cut(string(left.isArray() ? left.path(lefts == 1 ? 0 : i) : left), body));
            ChatTemplate.begin(prompt);
            prompt.text(cut(string(right.isArray() ? right.path(i) : right), body));
            prompts.add(prompt.build());
        }
        return prompts;
    }

    private static JsonNode first(JsonNode body, String... names) {
        for (var name : names) {
            if (body.has(name)) {
                return body.path(name);
            }
        }
        return body.path(names[0]);
    }

    private static String string(JsonNode text) {
        return text.isTextual()
                ? text.asText()
                : text.has("text") ? text.path("text").asText() : text.toString();
    }

    /** The end of a text, where the client says how many tokens of it may be used. */
    private static String cut(String text, JsonNode body) {
        int most = body.path("truncate_prompt_tokens").asInt(-1);
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        int kept = most * PromptBuilder.BYTES_PER_TOKEN;
        return most < 0 || bytes.length <= kept
                ? text
                : new String(bytes, bytes.length - kept, kept, StandardCharsets.UTF_8);
    }

    private Prompt chat(JsonNode body, String namespace) throws EngineError {
        var prompt = builder(namespace);
        ChatTemplate.render(body, prompt);
        return prompt.build();
    }

    private List<Prompt> prompts(JsonNode body, String name, String namespace) throws EngineError {
        var given = body.path(name);
        if (given.isTextual()) {
            return List.of(text(cut(given.asText(), body), namespace));
        }
        if (!given.isArray()
                || given.isEmpty()
                || (given.size() > MAX_PROMPTS && !given.get(0).isInt())) {
            throw EngineError.badRequest(
                    name,
                    name + " must be a string, a list of token ids, or a list of 1 to " + MAX_PROMPTS + " of these");
        }
        if (given.get(0).isInt()) {
            return List.of(tokens(given, namespace));
        }
        var prompts = new ArrayList<Prompt>();
        for (var one : given) {
            prompts.add(one.isTextual() ? text(cut(one.asText(), body), namespace) : tokens(one, namespace));
        }
        return prompts;
    }

    private Prompt text(String text, String namespace) {
        var prompt = builder(namespace);
        ChatTemplate.begin(prompt);
        prompt.text(text);
        return prompt.build();
    }

    private Prompt tokens(JsonNode ids, String namespace) throws EngineError {
        var prompt = builder(namespace);
        for (var id : ids) {
            if (!id.isInt() || id.asInt() < 0) {
                throw EngineError.badRequest("prompt", "token ids must be integers from 0");
            }
            prompt.token(id.asInt());
        }
        if (prompt.length() == 0) {
            throw EngineError.badRequest("prompt", "prompt must not be empty");
        }
        return prompt.build();
    }

    /** What an engine says of a prompt of that many tokens, which is too long for it. */
    EngineError tooLong(int tokens) {
        int most = limits.maxModelLength();
        return EngineError.badRequest(
                "input_tokens",
                config.dialect() == EngineDialect.SGLANG
                        ? "The input (" + tokens + " tokens) is longer than the model's context length (" + most
                                + " tokens)."
                        : "This model's maximum context length is " + most + " tokens. However, your request has "
                                + tokens + " input tokens. Please reduce the length of the input messages.");
    }

    /** Nothing is generated: one step is computed over the prompt, which may fill the context. */
    private Output pooled(Prompt prompt, Api api) throws EngineError {
        if (prompt.length() > limits.maxModelLength()) {
            throw EngineError.badRequest(
                    "input_tokens",
                    "This model's maximum context length is " + limits.maxModelLength()
                            + " tokens. However, you requested " + prompt.length() + " tokens in the input for "
                            + (api == Api.EMBEDDINGS
                                    ? "embedding generation"
                                    : api.name().toLowerCase(Locale.ROOT))
                            + ". Please reduce the length of the input.");
        }
        return new Output(1, prompt.seed(), true);
    }

    private Output output(JsonNode body, Prompt prompt, @Nullable ToolCall tool, long variant) throws EngineError {
        int room = limits.maxModelLength() - prompt.length();
        if (room < 1) {
            throw tooLong(prompt.length());
        }
        int limit = limit(body);
        if (limit > room) {
            throw EngineError.badRequest(
                    "max_tokens",
                    "'max_tokens' or 'max_completion_tokens' is too large: " + limit
                            + ". This model's maximum context length is " + limits.maxModelLength()
                            + " tokens and your request has " + prompt.length() + " input tokens (" + limit + " > "
                            + limits.maxModelLength() + " - " + prompt.length() + ").");
        }
        int least = number(body, "min_tokens", 0, 0, Integer.MAX_VALUE);
        int most = limit == 0 ? Math.min(room, Math.max(least, config.defaultOutput())) : limit;
        if (least > most) {
            throw EngineError.badRequest(
                    "min_tokens", "min_tokens must be at most max_tokens=" + most + ", got " + least);
        }
        if (tool != null) {
            int tokens = Math.min(most, tool.pieces().size());
            return new Output(tokens, prompt.seed(), tokens == tool.pieces().size());
        }
        return Output.to(prompt, variant, least, most, body.path("ignore_eos").asBoolean(false));
    }

    private static int limit(JsonNode body) throws EngineError {
        int limit = number(body, "max_completion_tokens", 0, 1, Integer.MAX_VALUE);
        return limit > 0 ? limit : number(body, "max_tokens", 0, 1, Integer.MAX_VALUE);
    }

    private static int number(JsonNode body, String name, int absent, int least, int most) throws EngineError {
        var node = body.path(name);
        if (node.isMissingNode() || node.isNull()) {
            return absent;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.asInt() < least || node.asInt() > most) {
            throw EngineError.badRequest(
                    name,
                    name + " must be an integer "
                            + (most == Integer.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most)
                            + ", got " + node);
        }
        return node.asInt();
    }
}
