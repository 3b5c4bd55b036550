package io.kvasir.sim.http;

import org.jspecify.annotations.Nullable;

/** The models an engine answers to, and loading and unloading of adapters. */
final class Models {
    private final EngineConfig config;
    private final Adapters adapters;
    private final long created = System.currentTimeMillis() / 1000;

    Models(EngineConfig config, Adapters adapters) {
        this.config = config;
        this.adapters = adapters;
    }

    /** {@code GET /v1/models}, and so many models more that nobody is served by. */
    String list(int more) {
        var out = new StringBuilder("{\"object\":\"list\",\"data\":[");
        model(out, config.model(), "/models/" + config.model(), null);
        adapters.paths().forEach((name, path) -> {
            out.append(',');
            model(out, name, path, config.model());
        });
        for (int i = 0; i < more; i++) {
            out.append(',');
            model(out, "listed-only-" + i, "/models/listed-only-" + i, config.model());
        }
        return out.append("]}").toString();
    }

    private void model(StringBuilder out, String id, String root, @Nullable String parent) {
        out.append("{\"id\":")
                .append(Json.quote(id))
                .append(",\"object\":\"model\",\"created\":")
                .append(created)
                .append(",\"owned_by\":\"")
                .append(config.dialect().label())
                .append("\",\"root\":")
                .append(Json.quote(root))
                .append(",\"parent\":")
                .append(parent == null ? "null" : Json.quote(parent))
                .append(",\"max_model_len\":")
                .append(config.limits().maxModelLength());
        if (config.dialect() == EngineDialect.VLLM) {
            out.append(",\"permission\":[{\"id\":\"modelperm-")
                    .append(Integer.toHexString(id.hashCode()))
                    .append("\",\"object\":\"model_permission\",\"created\":")
                    .append(created)
                    .append(",\"allow_create_engine\":false,\"allow_sampling\":true,\"allow_logprobs\":true,"
                            + "\"allow_search_indices\":false,\"allow_view\":true,\"allow_fine_tuning\":false,"
                            + "\"organization\":\"*\",\"group\":null,\"is_blocking\":false}]");
        }
        out.append('}');
    }

    /** SGLang's {@code GET /get_model_info}. */
    String info() {
        return "{\"model_path\":" + Json.quote(config.model()) + ",\"tokenizer_path\":" + Json.quote(config.model())
                + ",\"is_generation\":true,\"preferred_sampling_params\":null,\"weight_version\":\"default\"}";
    }

    /** {@code POST /v1/load_lora_adapter}; returns vLLM's confirmation. */
    String load(byte[] body) throws EngineError {
        var request = Json.object(body);
        var name = request.path("lora_name").asText("");
        var path = request.path("lora_path").asText("");
        if (name.isEmpty() || path.isEmpty()) {
            throw new EngineError(400, "InvalidUserInput", null, "Both 'lora_name' and 'lora_path' must be provided.");
        }
        if (adapters.loaded(name) && !request.path("load_inplace").asBoolean(false)) {
            throw new EngineError(
                    400,
                    "InvalidUserInput",
                    null,
                    "The lora adapter '" + name + "' has already been loaded. If you want to load the adapter in "
                            + "place, set 'load_inplace' to True.");
        }
        if (!adapters.loaded(name) && adapters.paths().size() >= adapters.most()) {
            throw new EngineError(400, "InvalidUserInput", null, "No more than " + adapters.most() + " adapters fit.");
        }
        adapters.load(name, path);
        return "Success: LoRA adapter '" + name + "' added successfully.";
    }

    /** {@code POST /v1/unload_lora_adapter}; returns vLLM's confirmation. */
    String unload(byte[] body) throws EngineError {
        var name = Json.object(body).path("lora_name").asText("");
        if (!adapters.loaded(name)) {
            throw new EngineError(404, "NotFoundError", null, "The lora adapter '" + name + "' cannot be found.");
        }
        adapters.unload(name);
        return "Success: LoRA adapter '" + name + "' removed successfully.";
    }
}
