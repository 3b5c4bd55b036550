package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.Output;
import io.kvasir.sim.engine.Prompt;
import io.kvasir.sim.engine.PromptBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns the body of a completion or chat completion into a {@link GenerationRequest}, or the error vLLM answers. */
final class RequestReader {
    private static final int MAX_CHOICES = 128;
    private static final int MAX_PROMPTS = 1024;

    private final EngineConfig config;
    private final EngineLimits limits;
    private final Adapters adapters;

    RequestReader(EngineConfig config, Adapters adapters) {
        this.config = config;
        this.limits = config.limits();
        this.adapters = adapters;
    }

    GenerationRequest read(byte[] bytes, boolean chat) throws ApiError {
        var body = Json.object(bytes);
        var model = body.path("model").asText("");
        if (model.isEmpty()) {
            model = config.model();
        }
        String adapter = null;
        if (!model.equals(config.model())) {
            adapter = model;
            if (!adapters.loaded(adapter)) {
                throw new ApiError(404, "NotFoundError", "model", "The model `" + model + "` does not exist.");
            }
        }
        var tool = chat ? ToolCall.demanded(body) : null;
        var namespace = (adapter == null ? "" : adapter) + "\n"
                + body.path("cache_salt").asText("");
        var choices = new ArrayList<GenerationRequest.Choice>();
        int n = number(body, "n", 1, 1, MAX_CHOICES);
        long seed = body.path("seed").asLong(0);
        for (var prompt : chat ? List.of(chat(body, namespace)) : prompts(body, namespace)) {
            for (int i = 0; i < n; i++) {
                choices.add(new GenerationRequest.Choice(prompt, output(body, prompt, tool, seed * 31 + i)));
            }
        }
        return new GenerationRequest(
                chat,
                model,
                adapter,
                body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false),
                n,
                limit(body),
                List.copyOf(choices),
                tool);
    }

    private Prompt chat(JsonNode body, String namespace) throws ApiError {
        var prompt = new PromptBuilder(limits.blockSize(), namespace);
        ChatTemplate.render(body, prompt);
        return prompt.build();
    }

    private List<Prompt> prompts(JsonNode body, String namespace) throws ApiError {
        var given = body.path("prompt");
        if (given.isTextual()) {
            return List.of(text(given.asText(), namespace));
        }
        if (!given.isArray()
                || given.isEmpty()
                || (given.size() > MAX_PROMPTS && !given.get(0).isInt())) {
            throw ApiError.badRequest(
                    "prompt",
                    "prompt must be a string, a list of token ids, or a list of 1 to " + MAX_PROMPTS + " of these");
        }
        if (given.get(0).isInt()) {
            return List.of(tokens(given, namespace));
        }
        var prompts = new ArrayList<Prompt>();
        for (var one : given) {
            prompts.add(one.isTextual() ? text(one.asText(), namespace) : tokens(one, namespace));
        }
        return prompts;
    }

    private Prompt text(String text, String namespace) {
        var prompt = new PromptBuilder(limits.blockSize(), namespace);
        ChatTemplate.begin(prompt);
        prompt.text(text);
        return prompt.build();
    }

    private Prompt tokens(JsonNode ids, String namespace) throws ApiError {
        var prompt = new PromptBuilder(limits.blockSize(), namespace);
        for (var id : ids) {
            if (!id.isInt() || id.asInt() < 0) {
                throw ApiError.badRequest("prompt", "token ids must be integers from 0");
            }
            prompt.token(id.asInt());
        }
        if (prompt.length() == 0) {
            throw ApiError.badRequest("prompt", "prompt must not be empty");
        }
        return prompt.build();
    }

    private Output output(JsonNode body, Prompt prompt, @Nullable ToolCall tool, long variant) throws ApiError {
        int room = limits.maxModelLength() - prompt.length();
        if (room < 1) {
            throw ApiError.badRequest(
                    "input_tokens",
                    "This model's maximum context length is " + limits.maxModelLength()
                            + " tokens. However, your request has " + prompt.length()
                            + " input tokens. Please reduce the length of the input messages.");
        }
        int limit = limit(body);
        if (limit > room) {
            throw ApiError.badRequest(
                    "max_tokens",
                    "'max_tokens' or 'max_completion_tokens' is too large: " + limit
                            + ". This model's maximum context length is " + limits.maxModelLength()
                            + " tokens and your request has " + prompt.length() + " input tokens (" + limit + " > "
                            + limits.maxModelLength() + " - " + prompt.length() + ").");
        }
        int least = number(body, "min_tokens", 0, 0, Integer.MAX_VALUE);
        int most = limit == 0 ? Math.min(room, Math.max(least, config.defaultOutput())) : limit;
        if (least > most) {
            throw ApiError.badRequest("min_tokens", "min_tokens must be at most max_tokens=" + most + ", got " + least);
        }
        if (tool != null) {
            int tokens = Math.min(most, tool.pieces().size());
            return new Output(tokens, prompt.seed(), tokens == tool.pieces().size());
        }
        return Output.to(prompt, variant, least, most, body.path("ignore_eos").asBoolean(false));
    }

    private static int limit(JsonNode body) throws ApiError {
        int limit = number(body, "max_completion_tokens", 0, 1, Integer.MAX_VALUE);
        return limit > 0 ? limit : number(body, "max_tokens", 0, 1, Integer.MAX_VALUE);
    }

    private static int number(JsonNode body, String name, int absent, int least, int most) throws ApiError {
        var node = body.path(name);
        if (node.isMissingNode() || node.isNull()) {
            return absent;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.asInt() < least || node.asInt() > most) {
            throw ApiError.badRequest(
                    name,
                    name + " must be an integer "
                            + (most == Integer.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most)
                            + ", got " + node);
        }
        return node.asInt();
    }
}
